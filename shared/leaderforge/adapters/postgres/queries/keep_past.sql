-- Stores states of standings. A stored state stays unchanged.
insert into past_standings (
    user_id, board_id, period_id, revision, ranked, subranked, achieved_at, submissions, hidden, has_metadata, run_id,
    segments
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict do nothing;
