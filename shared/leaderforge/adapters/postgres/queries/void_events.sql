-- Voids all events of the player on the board. Removes the mark $3 from events that were voided with their origin. They
-- then stay void when the origin is restored.
update score_events
set void = true, void_in = array_remove(void_in, $3::bigint)
where user_id = $1 and board_id = $2 and (not void or $3 = any (void_in));
