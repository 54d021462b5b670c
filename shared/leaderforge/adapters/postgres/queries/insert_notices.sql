insert into outbox (user_id, board_id, period_id, type, at, data)
values ($1, $2, $3, $4, $5, $6);
