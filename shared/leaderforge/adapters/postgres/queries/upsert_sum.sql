-- The score is the sum. `run_id` is the id of the last event that changed the sum: see fragments/wins_sum.sql.
insert into standings (
    user_id, board_id, period_id, sign, score, subranked, achieved_at, received_us, run_id, metadata, scored,
    submissions, revision, hidden, segments
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, null)
on conflict (user_id, board_id, period_id) do update set
    score = standings.score + excluded.score,
    subranked = standings.subranked + excluded.subranked,
    achieved_at = case when :wins then excluded.achieved_at else standings.achieved_at end,
    received_us = case when :wins then excluded.received_us else standings.received_us end,
    run_id = case when :wins then excluded.run_id else standings.run_id end,
    metadata = case when :wins then excluded.metadata else standings.metadata end,
    scored = standings.scored or excluded.scored,
    submissions = standings.submissions + excluded.submissions,
    revision = greatest(standings.revision + 1, excluded.revision),
    hidden = standings.hidden & 3 -- clears bit 4 (removed): an event restores the standing
returning
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
    segments, board_id, period_id;
