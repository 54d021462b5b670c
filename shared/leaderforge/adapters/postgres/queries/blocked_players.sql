-- Returns the players among $2 whose notices must wait behind earlier notices in a queue of the endpoint.
select distinct user_id
from deliveries
where
    endpoint_id = $1
    and user_id = any (string_to_array($2, ',')::bigint[])
    and dead_at is null
    and not redriven;
