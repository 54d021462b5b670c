select score, achieved_at, received_us
from standings
where user_id = $1 and board_id = $2 and period_id = $3 and submissions > 0;
