-- Returns up to $2 links of a player, of all kinds.
select kind, other_id from player_links where user_id = $1 limit $2;
