-- Voids a fed event together with an event that feeds it. The mark $4 in `void_in` names this event's board.
update score_events
set void = true, void_in = array_append(array_remove(void_in, $4::bigint), $4::bigint)
where user_id = $1 and board_id = $2 and submission_id = $3;
