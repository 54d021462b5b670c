-- Stores the current states of the standings of the players $2 on a board, and the segments that a stored state lacks.
insert into past_standings (
    user_id, board_id, period_id, revision, ranked, subranked, achieved_at, submissions, hidden, has_metadata, run_id,
    segments
)
select
    s.user_id, s.board_id, s.period_id, s.revision, s.ranked, s.subranked, s.achieved_at, s.submissions, s.hidden,
    s.metadata is not null, s.run_id, case when b.segments is not null then coalesce(s.segments, '{}') end
from standings s
join boards b on b.board_id = s.board_id
where s.board_id = $1 and s.user_id = any (string_to_array($2, ',')::bigint[])
on conflict (user_id, board_id, period_id, revision) do update set segments = excluded.segments
    where past_standings.segments is null and excluded.segments is not null;
