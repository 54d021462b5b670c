-- Ends the other sessions of this database and of this user. Their transactions are rolled back.
-- Returns the number of sessions that did not end within 5 s.
select count(*) filter (where not pg_terminate_backend(sessions.pid, 5000)) as remaining
from pg_stat_activity sessions
where sessions.datname = current_database()
    and sessions.usename = current_user
    and sessions.pid <> pg_backend_pid()
    and sessions.backend_type = 'client backend';
