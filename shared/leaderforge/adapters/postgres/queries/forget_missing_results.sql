-- Deletes results of players who do not exist. Such a result exists if the player was erased shortly before the result
-- was written. `+ 0` excludes the indexes that begin with board and period: see seated_players.sql.
delete from league_results
where user_id = any (string_to_array($3, ',')::bigint[]) and board_id + 0 = $1 and period_id + 0 = $2
    and not exists (select from users where users.user_id = league_results.user_id);
