insert into team_contributions (
    team_id, board_id, period_id, user_id, score, achieved_at, received_us, run_id, submissions, hidden
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (team_id, board_id, period_id, user_id) do update set
    score = excluded.score,
    achieved_at = excluded.achieved_at,
    received_us = excluded.received_us,
    run_id = excluded.run_id,
    submissions = excluded.submissions,
    hidden = excluded.hidden;
