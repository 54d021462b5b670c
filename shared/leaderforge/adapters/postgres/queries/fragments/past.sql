-- Stores the new state of each standing whose board keeps past standings.
past as (
    insert into past_standings (
        user_id, board_id, period_id, revision, ranked, subranked, achieved_at, submissions, hidden, has_metadata,
        run_id, segments
    )
    select
        written.user_id, written.board_id, written.period_id, written.revision, written.score * items.sign,
        written.subranked, written.achieved_at, written.submissions, written.hidden, written.metadata is not null,
        written.run_id, case when boards.segments is not null then coalesce(written.segments, '{}') end
    from written
    join items on (items.user_id, items.board_id, items.period_id)
        = (written.user_id, written.board_id, written.period_id)
    join boards on boards.board_id = written.board_id
    where boards.moment_days is not null
)
select * from written
