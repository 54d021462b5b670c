-- Removes the mark $4 of a fed event that was voided with another one. The event stays void if $5.
update score_events
set void = $5, void_in = array_remove(void_in, $4::bigint)
where user_id = $1 and board_id = $2 and submission_id = $3;
