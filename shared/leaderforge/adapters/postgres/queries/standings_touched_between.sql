select s.user_id, s.score, s.achieved_at, s.run_id, s.metadata, s.scored, s.submissions, s.revision, s.subranked, s.hidden, s.received_us, s.segments, s.board_id, s.period_id
from standings s
join (
    select distinct user_id from touches where recorded_at >= $1 and recorded_at < $2
) t on t.user_id = s.user_id;
