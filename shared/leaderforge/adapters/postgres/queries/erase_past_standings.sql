delete from past_standings where user_id = $1;
