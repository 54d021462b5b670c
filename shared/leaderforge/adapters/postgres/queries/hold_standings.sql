-- hold_standings
-- Locks standings, and returns them. A missing standing is inserted as removed, because only existing rows can be
-- locked. The update of an existing standing changes nothing; it only locks the row.
insert into standings (
    user_id, board_id, period_id, sign, score, subranked, achieved_at, received_us, run_id, metadata, scored,
    submissions, revision, hidden
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (user_id, board_id, period_id) do update set revision = standings.revision
returning
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
    board_id, period_id;
