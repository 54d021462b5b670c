-- Voids all events of the player on the board. Removes the marks from events that were voided with other events. The
-- events then stay void when the other events are restored. All marks are at most $3.
update score_events
set void = true,
    void_in = nullif(array(select number from unnest(void_in) as number where number > $3::bigint), '{}')
where user_id = $1 and board_id = $2 and (not void or $3 >= any (void_in));
