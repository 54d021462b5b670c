-- Commits a round of an endpoint, unless another process has committed one since it was read.
update endpoints set
    position = $3, round = round + 1, failures = $4, retry_at = $5, disabled_at = $6, disabled_reason = $7
where endpoint_id = $1 and round = $2 and disabled_at is null
returning endpoint_id;
