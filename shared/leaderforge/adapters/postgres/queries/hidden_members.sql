-- Returns the players among $2 who are hidden in the period $3 of the board $1 (bit 1 or 2 of `standings.hidden`), or on
-- all boards (`users.hidden`). Without a standing of the period, which may have expired, the other periods decide.
select user_id from standings
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[])
group by user_id
having coalesce(max(hidden & 3) filter (where period_id = $3), max(hidden & 3)) > 0
union
select user_id from users
where user_id = any (string_to_array($2, ',')::bigint[]) and hidden;
