-- Returns the players among $2 who are hidden on the board $1 (bit 1 or 2 of `standings.hidden`) or on all boards
-- (`users.hidden`).
select user_id from standings
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[]) and hidden & 3 <> 0
union
select user_id from users
where user_id = any (string_to_array($2, ',')::bigint[]) and hidden;
