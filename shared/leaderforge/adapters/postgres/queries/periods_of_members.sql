-- Returns the periods of a board in which those of the players $2 who are or were in a team have standings.
select user_id, period_id
from standings s
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[])
    and exists (select from team_spans t where t.user_id = s.user_id);
