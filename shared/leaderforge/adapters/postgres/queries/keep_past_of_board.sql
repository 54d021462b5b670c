-- Stores the current states of the standings of the players $2 on a board.
insert into past_standings (
    user_id, board_id, period_id, revision, ranked, subranked, achieved_at, submissions, hidden, has_metadata, run_id
)
select
    s.user_id, s.board_id, s.period_id, s.revision, s.ranked, s.subranked, s.achieved_at, s.submissions, s.hidden,
    s.metadata is not null, s.run_id
from standings s
where s.board_id = $1 and s.user_id = any (string_to_array($2, ',')::bigint[])
on conflict do nothing;
