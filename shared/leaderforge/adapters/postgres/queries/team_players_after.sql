select distinct user_id from team_spans where user_id > $1 order by user_id limit $2;
