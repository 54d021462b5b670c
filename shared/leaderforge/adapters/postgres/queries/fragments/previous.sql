-- Locks the standings of all items, and reads them. The lock waits for concurrent submissions of the same players, and
-- the read includes their results. The steps are events, locks, upsert. A condition on the count of a step's rows makes
-- the next step wait for it; joins would do so at a quadratic cost. Events come first, as in all writes: another order
-- could deadlock. A first standing cannot be locked before it is inserted: the writer repeats the batch if another
-- batch inserts it meanwhile.
previous as (
    select s.user_id, s.score, s.achieved_at, s.run_id, s.submissions, s.revision, s.subranked, s.hidden, s.received_us,
        s.board_id, s.period_id
    from items
    join standings s using (user_id, board_id, period_id)
    where (select count(*) from new_events) >= 0
    order by s.user_id, s.board_id, s.period_id
    for update of s
),
