-- Stores the result of a round of dispatch to an endpoint. Changes no row if another process has committed a round
-- since the endpoint was read.
update endpoints set
    position = $3, round = round + 1, failures = $4, retry_at = $5, disabled_at = $6, disabled_reason = $7
where endpoint_id = $1 and round = $2 and disabled_at is null
returning endpoint_id;
