-- Voids a fed event together with its origin. The mark $4 in `void_in` shows that this event must be restored with the
-- origin.
update score_events
set void = true, void_in = array_append(void_in, $4::bigint)
where user_id = $1 and board_id = $2 and submission_id = $3;
