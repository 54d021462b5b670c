-- Returns the ladders with a standing of a player whom a moderator changed between $1 and $2 (ms). Other changes
-- without an event, such as a new name, count too.
select distinct s.board_id, s.period_id
from touches t
join standings s on s.user_id = t.user_id
where t.recorded_at >= $1 and t.recorded_at < $2;
