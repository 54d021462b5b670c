-- Voids all events of the player on the board. A fed event that was voided together with its origin has a mark in
-- `void_in`, and so has an event that a set score replaced. Removes these marks: the fed event stays void if the origin
-- is restored, and the replaced event no longer counts for teams in past periods. Numbers of `void_in` up to $3 are
-- marks, and greater ones are periods.
update score_events
set void = true,
    void_in = nullif(array(select number from unnest(void_in) as number where number > $3::bigint), '{}')
where user_id = $1 and board_id = $2 and (not void or $3 >= any (void_in));
