select ranked, subranked, achieved_at, user_id, submissions
from standings
where user_id = $3 and board_id = $1 and period_id = $2;
