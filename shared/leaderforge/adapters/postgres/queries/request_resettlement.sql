insert into resettlements (board_id, period_id, requested_at)
values ($1, $2, $3)
on conflict (board_id, period_id) do update set requested_at = greatest(resettlements.requested_at, excluded.requested_at);
