insert into award_rules (board_id, period_id, rules) values ($1, $2, $3) on conflict (board_id, period_id) do nothing;
