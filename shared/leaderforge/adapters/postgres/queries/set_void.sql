-- Voids an event, or lets it count again, independently of its origin. Therefore removes the mark $5 of an event that
-- was voided with its origin.
update score_events
set void = $4, void_in = array_remove(void_in, $5::bigint)
where user_id = $1 and board_id = $2 and submission_id = $3;
