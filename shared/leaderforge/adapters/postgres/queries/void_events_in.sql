-- Voids the player's events in the period $3, which is from $4 to $5 (ms). The events still count in other periods.
update score_events
set void_in = array_append(void_in, $3::bigint)
where user_id = $1 and board_id = $2 and achieved_at >= $4 and achieved_at < $5 and ($3 = any (void_in)) is not true;
