-- Returns the retired periods among those given by board id and period number. The ids are two lists instead of pairs.
-- The result may therefore have pairs that were not requested. Callers skip them.
select board_id, period_id
from periods
where board_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[])
    and retired_at is not null;
