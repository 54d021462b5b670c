-- Stores the current states of a player's standings on all boards that keep past standings.
insert into past_standings (
    user_id, board_id, period_id, revision, ranked, subranked, achieved_at, submissions, hidden, has_metadata, run_id,
    segments
)
select
    s.user_id, s.board_id, s.period_id, s.revision, s.ranked, s.subranked, s.achieved_at, s.submissions, s.hidden,
    s.metadata is not null, s.run_id, case when b.segments is not null then coalesce(s.segments, '{}') end
from standings s
join boards b on b.board_id = s.board_id
where s.user_id = $1 and b.moment_days is not null
on conflict do nothing;
