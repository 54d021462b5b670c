select revision, total, keys, above
from moment_checkpoints
where board_id = $1 and period_id = $2 and revision = $3;
