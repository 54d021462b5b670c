delete from standings where user_id = $1;
