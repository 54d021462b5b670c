-- Returns, in order, the notices that may be sent to an endpoint at $2 (ms). The notices of each player are a queue,
-- and the player's redriven notices are another queue. A queue may be sent if the due time of its first notice is at
-- most $2, or is later than $4 (ms). No pause is long enough for a due time after $4: such a time comes from a clock
-- that was set back later.
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
