select user_id, board_id, period_id, joined_at, number, attempts, first_attempt_at
from entrants
where user_id = $1 and board_id = $2 and period_id = $3 and number is not null;
