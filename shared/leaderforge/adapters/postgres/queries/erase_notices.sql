delete from outbox where user_id = $1;
