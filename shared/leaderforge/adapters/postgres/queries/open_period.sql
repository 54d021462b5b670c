insert into periods (board_id, period_id) values ($1, $2) on conflict (board_id, period_id) do nothing;
