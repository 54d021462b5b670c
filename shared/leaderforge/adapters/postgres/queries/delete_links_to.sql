-- Deletes the links of many players to one other player. On Citus, concurrent runs wait for each other.
delete from player_links where user_id = any (string_to_array($1, ',')::bigint[]) and kind = $2 and other_id = $3;
