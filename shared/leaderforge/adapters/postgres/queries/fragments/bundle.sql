-- Writes the notices of a batch as one row, a bundle: see domain/notice_bundles.py. The column `announces` says which
-- changes the board announces: improvements of the main standing (1) or every change (2). One row for a batch takes a
-- tenth of the time of one row for each notice. The row gets its sequence number after the upsert has locked all
-- standings of the batch. Successive changes of a standing therefore have ascending sequence numbers. `offset 0`
-- separates the condition on `announces` from the join. Otherwise, the planner would expect one row, and compare all
-- pairs of rows.
notices as (
    insert into outbox (user_id, board_id, period_id, type, at, data)
    select
        -9223372036854775808, 0, 0, 'bundle', $14, json_agg(json_build_array(
            user_id, board_id, period_id, score, subranked, submissions, revision, achieved_at, submission_id, leads,
            improved, hidden
        ))::text
    from (
        select
            written.*, items.leads, items.announces, items.submission_id, :improves as improved
        from written
        join items on (items.user_id, items.board_id, items.period_id)
            = (written.user_id, written.board_id, written.period_id)
        offset 0
    ) as changes
    where announces = 2 or (announces = 1 and leads and improved)
    having count(*) > 0
)
select * from written
