insert into league_periods (board_id, period_id, rules, opened_at)
values ($1, $2, $3, $4)
on conflict (board_id, period_id) do nothing;
