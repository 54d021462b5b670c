-- Locks rows in the order in which submissions write them: this prevents deadlocks.
select board_id, period_id, submissions
from standings
where user_id = $1
order by board_id, period_id
for update;
