-- Returns the standings that changed between two times (ms), by the events recorded in that time. A revision is a time
-- in us, and at least the time of the last change. The last condition skips unchanged standings of the same players.
select s.user_id, s.score, s.achieved_at, s.run_id, s.metadata, s.scored, s.submissions, s.revision, s.subranked, s.hidden, s.received_us, s.board_id, s.period_id
from standings s
join (
    select distinct user_id, board_id from score_events where recorded_at >= $1 and recorded_at < $2
) e on e.user_id = s.user_id and e.board_id = s.board_id
where s.revision >= $1 * 1000;
