select user_id, board_id, period_id, joined_at, number, attempts, first_attempt_at
from entrants
where user_id = any (string_to_array($1, ',')::bigint[])
    and board_id = any (string_to_array($2, ',')::bigint[])
    and number is not null;
