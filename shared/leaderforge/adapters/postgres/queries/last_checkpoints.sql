-- Returns the last checkpoint of each ladder of a board up to the revision $2.
select period_id, max(revision) as revision
from moment_checkpoints
where board_id = $1 and revision <= $2
group by period_id;
