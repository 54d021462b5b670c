-- Disables endpoints that have not accepted all notices up to the position $1, because these notices are purged next: the
-- endpoint has not read the notices, or they are queued. Dead letters do not count.
update endpoints set disabled_at = $2, disabled_reason = $3
where
    disabled_at is null
    and (
        position < $1
        or exists (
            select from deliveries
            where
                deliveries.endpoint_id = endpoints.endpoint_id
                and deliveries.position <= $1
                and deliveries.dead_at is null
        )
    )
returning endpoint_id;
