-- Returns the ladders with a standing of a player whom a moderator changed.
select distinct s.board_id, s.period_id
from touches t
join standings s on s.user_id = t.user_id
where t.recorded_at >= $1 and t.recorded_at < $2;
