-- Runs the statement $1, the text of in_doubt_since.sql, on each worker. Runs on Citus only.
select
    bool_and(success) as answered,
    min(case when success then nullif(result, '')::bigint end) as prepared_at
from run_command_on_workers($1);
