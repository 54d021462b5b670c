-- Deletes the older delivery attempts. About $1 of the newest attempts stay.
delete from delivery_attempts where attempt_id <= (select max(attempt_id) - $1::bigint from delivery_attempts);
