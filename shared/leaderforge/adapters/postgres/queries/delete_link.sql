delete from player_links where user_id = $1 and kind = $2 and other_id = $3;
