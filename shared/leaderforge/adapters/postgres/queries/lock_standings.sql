-- In the order that submissions write in, so that neither waits for the other in a circle.
select board_id, period_id, submissions
from standings
where user_id = $1
order by board_id, period_id
for update;
