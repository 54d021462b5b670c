-- Writes a notice for each changed standing that its board announces: see `Announcement`. The outbox takes a sequence
-- number for a standing after the upsert has locked it. Numbers of one standing therefore have the order of its changes.
notices as (
    insert into outbox (user_id, board_id, period_id, type, at, data)
    select
        user_id, board_id, period_id, 'score.improved', $13, json_build_object(
            'score', written.score, 'subranked', written.subranked, 'submissions', written.submissions,
            'revision', written.revision, 'achieved_at', written.achieved_at, 'submission_id', items.submission_id,
            'main', items.leads, 'improved', :improves
        )::text
    from written
    join items using (user_id, board_id, period_id)
    where announces = 2 or (announces = 1 and leads and :improves)
)
select * from written
