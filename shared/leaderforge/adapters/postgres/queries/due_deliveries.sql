-- Returns the notices in those queues of an endpoint that may be sent at $2 (ms), in order. A queue has the notices of
-- one player, and may be sent if its first notice is due. If the notice's time is after $4, it is due too: such a time
-- comes from a clock that was later set back. The redriven notices of a player have a queue of their own.
with heads as (
    select distinct on (user_id, redriven) user_id, redriven, next_at
    from deliveries
    where endpoint_id = $1 and dead_at is null
    order by user_id, redriven, position
)
select
    l.position, l.notice_id, l.user_id, l.type, l.board, l.at, l.body, d.attempts, d.redriven
from deliveries d
join heads h on h.user_id = d.user_id and h.redriven = d.redriven and (h.next_at <= $2 or h.next_at > $4)
join notice_log l using (position)
where d.endpoint_id = $1 and d.dead_at is null
order by l.position
limit $3;
