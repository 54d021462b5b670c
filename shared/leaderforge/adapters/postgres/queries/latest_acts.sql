-- Returns the time of the latest audit entry of each actor.
select actor, max(at) as at
from audit_log
where actor = any($1::text[])
group by actor;
