select user_id, board_id, period_id, joined_at, number, attempts, first_attempt_at
from entrants
where board_id = $1 and period_id = $2 and number >= $3 and number < $4
order by number;
