select user_id, board_id, period_id, joined_at, number, attempts, first_attempt_at
from entrants
where user_id = $1 and number is not null
order by board_id, period_id;
