-- Returns the latest checkpoint of an attribute on a ladder whose revision is at most $4.
select revision, total, keys, above
from segment_checkpoints
where board_id = $1 and period_id = $2 and attribute = $3 and revision <= $4
order by revision desc
limit 1;
