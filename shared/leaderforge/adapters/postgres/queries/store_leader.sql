insert into minute_leaders (user_id, board_id, minute, submission_id, submissions)
values ($1, $2, $3, $4, $5)
on conflict (user_id, board_id, minute) do update
set submission_id = excluded.submission_id, submissions = excluded.submissions;
