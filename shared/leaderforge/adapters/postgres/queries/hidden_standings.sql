select user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us, segments
from standings
where board_id = $1 and period_id = $2 and user_id > $3 and hidden <> 0 and submissions > 0
order by user_id
limit $4;
