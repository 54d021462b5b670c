select revision, total, keys, above
from segment_checkpoints
where board_id = $1 and period_id = $2 and attribute = $3 and revision = $4;
