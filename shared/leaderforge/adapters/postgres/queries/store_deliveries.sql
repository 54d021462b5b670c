insert into deliveries (endpoint_id, position, user_id, attempts, redriven, next_at, dead_at, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (endpoint_id, position) do update set
    attempts = excluded.attempts,
    redriven = excluded.redriven,
    next_at = excluded.next_at,
    dead_at = excluded.dead_at,
    reason = coalesce(excluded.reason, deliveries.reason);
