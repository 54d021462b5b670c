-- Returns the ladders with standings that were changed without an event between $1 and $2 (ms), such as by a moderator.
-- A change raises the revision (us) of a standing at least to the time of the player's row in `touches`. Other standings
-- of the player are left out: a new name changes none, and a new score of a team changes those of one period.
select distinct s.board_id, s.period_id
from touches t
join standings s on s.user_id = t.user_id and s.revision >= t.recorded_at * 1000
where t.recorded_at >= $1 and t.recorded_at < $2;
