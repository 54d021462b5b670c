-- Returns the players among $2 who have notices in a queue of the endpoint $1, apart from redriven notices. New notices
-- about these players must wait behind the queued notices.
select distinct user_id
from deliveries
where
    endpoint_id = $1
    and user_id = any (string_to_array($2, ',')::bigint[])
    and dead_at is null
    and not redriven;
