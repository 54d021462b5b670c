-- Locks the standings of all items, and reads them. This waits for concurrent submissions of the same players, and sees
-- their results. The counts order the steps, without the quadratic cost of joins: events first, as in all writes, since
-- another order would deadlock; then the locks; then the upsert. First standings cannot be locked before they are inserted.
-- The writer repeats the batch if another one inserts them meanwhile.
previous as (
    select s.user_id, s.score, s.achieved_at, s.run_id, s.submissions, s.revision, s.subranked, s.hidden, s.received_us,
        s.board_id, s.period_id
    from items
    join standings s using (user_id, board_id, period_id)
    where (select count(*) from new_events) >= 0
    order by s.user_id, s.board_id, s.period_id
    for update of s
),
