-- Returns the standings that changed between $1 and $2 (ms). The events that were recorded in this time name the
-- standings. The last condition skips standings without a change since $1: a revision is at least the time (us) of the
-- last change.
select s.user_id, s.score, s.achieved_at, s.run_id, s.metadata, s.scored, s.submissions, s.revision, s.subranked, s.hidden, s.received_us, s.segments, s.board_id, s.period_id
from standings s
join (
    select distinct user_id, board_id from score_events where recorded_at >= $1 and recorded_at < $2
) e on e.user_id = s.user_id and e.board_id = s.board_id
where s.revision >= $1 * 1000;
