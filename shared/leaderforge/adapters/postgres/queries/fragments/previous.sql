-- Locks the standings that new events change, and reads them. This waits for concurrent submissions of the same players,
-- and sees their results. It follows the insertion of the events, as in all writes: another order would deadlock. First
-- standings cannot be locked before they are inserted. The writer repeats the batch if another one inserts them meanwhile.
previous as (
    select s.user_id, s.board_id, s.period_id, s.score as previous_score, s.subranked as previous_subranked,
        s.achieved_at as previous_achieved_at, s.hidden as previous_hidden
    from new_events
    join items using (user_id, board_id)
    join standings s using (user_id, board_id, period_id)
    order by s.user_id, s.board_id, s.period_id
    for update of s
),
