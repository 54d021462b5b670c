select count(*) as links from player_links where user_id = $1 and kind = $2;
