-- Voids all events of the player on the board, except in periods that are over. For this, each event gets the mark $3 in
-- `void_in`, unless it has such a mark or a moderator has voided it. Numbers of `void_in` up to $5 are marks, and those
-- from $4 on are marks of a replacement. A fed event that was voided with its origin stays void if the origin is
-- restored.
update score_events
set void = true, void_in = array_append(void_in, $3::bigint)
where user_id = $1 and board_id = $2
    and (not void or (select max(number) from unnest(void_in) as number where number <= $5::bigint) < $4::bigint);
