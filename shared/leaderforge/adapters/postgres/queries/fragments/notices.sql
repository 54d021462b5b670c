-- Writes a notice for each changed standing that its board announces: see `Announcement`. The outbox takes a sequence
-- number for a standing after the upsert has locked it. Numbers of one standing therefore have the order of its changes.
-- `offset 0` keeps the condition out of the join. As a part of the join, the condition would make the planner expect
-- one row, and compare all pairs of rows.
notices as (
    insert into outbox (user_id, board_id, period_id, type, at, data)
    select
        user_id, board_id, period_id, 'score.improved', $14, json_build_object(
            'score', score, 'subranked', subranked, 'submissions', submissions, 'revision', revision,
            'achieved_at', achieved_at, 'submission_id', submission_id, 'main', leads, 'improved', improved
        )::text
    from (
        select
            written.*, items.leads, items.announces, items.submission_id, :improves as improved
        from written
        join items on (items.user_id, items.board_id, items.period_id)
            = (written.user_id, written.board_id, written.period_id)
        offset 0
    ) as changes
    where announces = 2 or (announces = 1 and leads and improved)
)
select * from written
