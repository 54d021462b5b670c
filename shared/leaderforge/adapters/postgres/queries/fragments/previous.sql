-- Locks the standings of all items, and reads them. The lock waits for concurrent submissions of the same players,
-- therefore the read includes their results. The steps are: insert the events, lock the standings, upsert them. A
-- condition on the number of rows of one step makes the next step wait. This condition costs less than a join of the
-- steps. Events come first, as in all writes, which prevents deadlocks. A missing standing cannot be locked: see
-- previous_result.sql.
previous as (
    select s.user_id, s.score, s.achieved_at, s.submissions, s.subranked, s.hidden, s.board_id, s.period_id
    from items
    join standings s using (user_id, board_id, period_id)
    where (select count(*) from new_events) >= 0
    order by s.user_id, s.board_id, s.period_id
    for update of s
),
