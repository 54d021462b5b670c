-- Returns the time (ms) at which the oldest undecided transaction of Citus on this server was prepared, null if there
-- is none.
select floor(extract(epoch from min(prepared)) * 1000)::bigint as prepared_at
from pg_prepared_xacts
where database = current_database() and gid like 'citus\_%';
