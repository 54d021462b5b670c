-- A changed standing has a revision (us) of at least the time of the change: the last condition skips unchanged ones.
select s.user_id, s.score, s.achieved_at, s.run_id, s.metadata, s.scored, s.submissions, s.revision, s.subranked, s.hidden, s.received_us, s.board_id, s.period_id
from standings s
join (
    select distinct user_id, board_id from score_events where recorded_at >= $1 and recorded_at < $2
) e on e.user_id = s.user_id and e.board_id = s.board_id
where s.revision >= $1 * 1000;
