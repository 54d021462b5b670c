-- Returns the noticed places of players on a ladder.
select user_id, place from noticed_places
where board_id = $1 and period_id = $2 and user_id = any (string_to_array($3, ',')::bigint[]);
