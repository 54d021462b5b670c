update users set username = $2, email = $3 where user_id = $1;
