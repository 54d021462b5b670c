-- hold_standings
-- Locks standings, after making sure that there are such rows: what is made here is the neutral element, removed.
insert into standings (
    user_id, board_id, period_id, sign, score, subranked, achieved_at, run_id, metadata, scored, submissions, revision,
    hidden
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (user_id, board_id, period_id) do update set revision = standings.revision
returning user_id;
