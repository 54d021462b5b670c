select
    endpoint_id, url, types, boards, secret_id, created_at, created_by, previous_secret_id, previous_until, disabled_at,
    disabled_reason, position, round, failures, retry_at
from endpoints
where endpoint_id = $1
for update;
