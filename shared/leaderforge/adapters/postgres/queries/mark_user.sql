update users set hidden = $2 where user_id = $1;
