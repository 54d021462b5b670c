-- Replaces standings, which the caller has locked. Hidden standings stay hidden.
insert into standings (
    user_id, board_id, period_id, sign, score, subranked, achieved_at, received_us, run_id, metadata, scored,
    submissions, revision, hidden
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (user_id, board_id, period_id) do update set
    score = excluded.score,
    subranked = excluded.subranked,
    achieved_at = excluded.achieved_at,
    received_us = excluded.received_us,
    run_id = excluded.run_id,
    metadata = excluded.metadata,
    scored = excluded.scored,
    submissions = excluded.submissions,
    revision = greatest(standings.revision + 1, excluded.revision),
    hidden = standings.hidden & 3 | excluded.hidden
returning
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
    segments, board_id, period_id;
