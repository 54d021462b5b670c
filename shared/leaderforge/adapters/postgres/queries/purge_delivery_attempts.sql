-- Deletes all delivery attempts except the newest ones, about $1.
delete from delivery_attempts where attempt_id <= (select max(attempt_id) - $1::bigint from delivery_attempts);
