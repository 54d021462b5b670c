update standings set revision = $2 + 1 where user_id = $1 and revision <= $2;
