-- Returns the ladders on which players who were changed between $1 and $2 (ms) have standings. Moderations are such
-- changes, and so are all other changes without an event, such as a new name.
select distinct s.board_id, s.period_id
from touches t
join standings s on s.user_id = t.user_id
where t.recorded_at >= $1 and t.recorded_at < $2;
