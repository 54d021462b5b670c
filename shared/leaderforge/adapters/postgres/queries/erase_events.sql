delete from score_events where user_id = $1;
