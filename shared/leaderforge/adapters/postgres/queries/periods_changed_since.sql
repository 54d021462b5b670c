-- Returns the periods of a board in which standings of the players $2 changed since $3 (ms).
select user_id, period_id
from standings
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[]) and revision >= $3::bigint * 1000;
