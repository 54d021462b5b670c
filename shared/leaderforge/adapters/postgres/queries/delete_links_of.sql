-- Deletes the links of the kind $2 from the player $1 to the players $3.
delete from player_links where user_id = $1 and kind = $2 and other_id = any (string_to_array($3, ',')::bigint[]);
