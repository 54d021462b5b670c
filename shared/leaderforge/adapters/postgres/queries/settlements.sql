select period_id, part, progress, settled_at, revision
from settlements
where board_id = $1 and period_id >= $2;
