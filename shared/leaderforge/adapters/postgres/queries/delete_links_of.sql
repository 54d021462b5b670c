-- Deletes links of one player.
delete from player_links where user_id = $1 and kind = $2 and other_id = any (string_to_array($3, ',')::bigint[]);
