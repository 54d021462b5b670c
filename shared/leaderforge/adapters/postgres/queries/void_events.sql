-- Voids all events of the player on the board. Those that were voided with their origin, marked by $3, then stay void
-- when the origin is restored.
update score_events
set void = true, void_in = array_remove(void_in, $3::bigint)
where user_id = $1 and board_id = $2 and (not void or $3 = any (void_in));
