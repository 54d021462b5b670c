-- Returns the latest checkpoint of a ladder up to the revision $3.
select revision, total, keys, above
from moment_checkpoints
where board_id = $1 and period_id = $2 and revision <= $3
order by revision desc
limit 1;
