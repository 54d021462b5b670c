update endpoints set
    url = $2, types = $3, boards = $4, secret_id = $5, previous_secret_id = $6, previous_until = $7, disabled_at = $8,
    disabled_reason = $9, failures = $10, retry_at = $11
where endpoint_id = $1;
