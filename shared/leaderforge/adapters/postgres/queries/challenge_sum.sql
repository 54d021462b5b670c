-- Returns the sum of the counting events of each player in a challenge, with their number. The other columns belong to
-- the latest event that changed the sum, or to the earliest event if none did. An event that was replaced after the
-- challenge counts: its only number in `void_in` is from $6 to $7. $8 is the largest magnitude of a sum of scores, $9 is
-- the largest magnitude of a sum of subscores. The sums of all events of a player are within these magnitudes, but the
-- sums of some of the events may exceed the magnitudes. The results are therefore clamped.
select distinct on (user_id)
    user_id, submission_id, achieved_at, received_us, metadata,
    greatest(-$8::bigint, least($8, sum(score) over of_player))::bigint as score,
    greatest(-$9::bigint, least($9, sum(subscore) over of_player))::bigint as subscore,
    bool_or(score <> 0 or subscore <> 0) over of_player as scored,
    count(*) over of_player as submissions
from score_events
where board_id = $1 and user_id = any (string_to_array($2, ',')::bigint[])
    and achieved_at >= $3 and achieved_at < $4 and recorded_at < $5
    and (not void and coalesce(cardinality(void_in), 0) = 0 or cardinality(void_in) = 1 and void_in[1] between $6 and $7)
window of_player as (partition by user_id)
order by user_id,
    score_events.score = 0 and score_events.subscore = 0,
    achieved_at * case when score_events.score = 0 and score_events.subscore = 0 then 1 else -1 end,
    received_us * case when score_events.score = 0 and score_events.subscore = 0 then 1 else -1 end,
    submission_id desc;
