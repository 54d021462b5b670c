-- Deletes all delivery attempts except about $1 newest ones.
delete from delivery_attempts where attempt_id <= (select max(attempt_id) - $1::bigint from delivery_attempts);
