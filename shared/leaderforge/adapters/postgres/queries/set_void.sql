-- Voids an event, or lets it count again, independently of other events. Therefore removes the marks of the events with
-- which this event was voided, and the mark of a replacement by a set score. Numbers of `void_in` up to $5 are marks,
-- and greater ones are periods.
update score_events
set void = $4, void_in = nullif(array(select number from unnest(void_in) as number where number > $5::bigint), '{}')
where user_id = $1 and board_id = $2 and submission_id = $3;
