-- Stores in the row of board $1 and period $2 that changes up to $3 (ms) were searched. An earlier time replaces the
-- stored time only if the stored time is $4.
insert into resettlements (board_id, period_id, requested_at)
values ($1, $2, $3)
on conflict (board_id, period_id) do update set requested_at = excluded.requested_at
where resettlements.requested_at < excluded.requested_at or resettlements.requested_at = $4;
