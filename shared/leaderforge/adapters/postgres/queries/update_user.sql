update users set username = $2, email = $3, external_id = $4, attributes = $5 where user_id = $1;
