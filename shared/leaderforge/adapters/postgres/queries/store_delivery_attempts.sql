insert into delivery_attempts (endpoint_id, notice_id, type, at, attempt, redriven, status, error, duration_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);
