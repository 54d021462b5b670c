insert into league_divisions (board_id, period_id, division, seats, groups, open_groups)
values ($1, $2, $3, 0, 0, '[]')
on conflict (board_id, period_id, division) do nothing;
