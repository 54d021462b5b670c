-- Returns the retired periods with one of the board ids $1 and one of the period numbers $2. The result may therefore
-- have pairs of board and period that were not requested. Callers skip them.
select board_id, period_id
from periods
where board_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[])
    and retired_at is not null;
