select ranked, subranked, achieved_at, user_id
from standings
where board_id = $1 and period_id = $2 and hidden = 0
order by ranked, subranked, achieved_at, user_id
offset $3 limit 1;
