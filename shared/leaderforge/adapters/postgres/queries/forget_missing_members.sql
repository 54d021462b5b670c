-- Deletes seats of players who do not exist. An erasure leaves such a seat if it commits before its player takes the
-- seat. `+ 0` keeps the planner from using the indexes that begin with board and period: see seated_players.sql.
delete from league_members
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2
    and not exists (select from users where users.user_id = league_members.user_id);
