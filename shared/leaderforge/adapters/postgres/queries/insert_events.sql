-- Inserts events, except duplicates. A duplicate has the submission id of a stored event of the same player on the same
-- board. Returns the primary keys of the inserted events.
insert into score_events (
    user_id, board_id, submission_id, score, subscore, achieved_at, received_us, recorded_at, metadata, numbers
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (user_id, board_id, submission_id) do nothing
returning user_id, board_id, submission_id;
