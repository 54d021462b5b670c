-- Returns the number of notices in the outbox, and the time (ms) of the oldest notice.
select
    coalesce(sum(case when type = 'bundle' then json_array_length(data::json) else 1 end), 0)::bigint as pending,
    min(at) as oldest
from outbox;
