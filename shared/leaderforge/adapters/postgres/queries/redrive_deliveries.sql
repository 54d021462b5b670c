-- Puts dead letters of an endpoint back into queues, as redriven notices.
update deliveries set attempts = 0, redriven = true, next_at = $2, dead_at = null
where endpoint_id = $1 and dead_at is not null
returning position;
