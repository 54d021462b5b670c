-- Locks standings until the commit. A missing standing is inserted as removed, because only existing rows can be locked.
-- The condition prevents the update of an existing standing, which is locked nevertheless. A second update in the same
-- transaction would check the foreign key, and thereby lock the player after standings, which causes deadlocks.
insert into standings (
    user_id, board_id, period_id, sign, score, subranked, achieved_at, received_us, run_id, metadata, scored,
    submissions, revision, hidden
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (user_id, board_id, period_id) do update set revision = standings.revision
where false;
