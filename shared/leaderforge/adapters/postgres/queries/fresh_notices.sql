-- Notices after the position of an endpoint, in order. `blocked` notices must wait behind earlier ones of their player.
select
    position, notice_id, user_id, type, board, at, body,
    exists (
        select from deliveries d
        where d.endpoint_id = $1 and d.user_id = notice_log.user_id and d.dead_at is null and not d.redriven
    ) as blocked
from notice_log
where position > $2
order by position
limit $3;
