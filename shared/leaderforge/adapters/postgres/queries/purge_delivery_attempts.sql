-- Keeps the newest attempts.
delete from delivery_attempts where attempt_id <= (select max(attempt_id) - $1::bigint from delivery_attempts);
