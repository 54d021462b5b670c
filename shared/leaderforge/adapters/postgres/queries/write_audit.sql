insert into audit_log (at, actor, action, board, user_id, reason, details)
values ($1, $2, $3, $4, $5, $6, $7);
