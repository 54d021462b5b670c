-- players_between
select distinct user_id
from score_events
where board_id = $1 and achieved_at >= $2 and achieved_at < $3 and not void;
