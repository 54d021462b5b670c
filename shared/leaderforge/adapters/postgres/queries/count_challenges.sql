-- Returns the number of stored challenges, at most $1.
select count(*) as challenges from (select from challenges limit $1) stored;
