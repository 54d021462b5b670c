insert into league_members (user_id, board_id, period_id, division, group_number, seat)
values ($1, $2, $3, $4, $5, $6)
on conflict (user_id, board_id, period_id) do nothing
returning user_id;
