insert into settlements (board_id, period_id, part, progress)
values ($1, $2, $3, $4)
on conflict (board_id, period_id) do nothing;
