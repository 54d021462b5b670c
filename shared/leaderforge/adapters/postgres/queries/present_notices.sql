-- Returns the positions among $1 that have a row of their own in the log. The rows of erased notices are bundles.
select position
from notice_log
where position = any (string_to_array($1, ',')::bigint[]) and type <> 'bundle';
