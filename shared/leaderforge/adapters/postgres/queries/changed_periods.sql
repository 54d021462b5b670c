-- Returns the ladders with standings of the players who were changed between $1 and $2 (ms). Only changes without an
-- event are meant, such as a moderation or a new name.
select distinct s.board_id, s.period_id
from touches t
join standings s on s.user_id = t.user_id
where t.recorded_at >= $1 and t.recorded_at < $2;
