select l.position, l.notice_id, l.user_id, l.type, l.board, l.at, l.body, d.attempts, d.redriven, d.next_at, d.dead_at, d.reason
from deliveries d
join notice_log l using (position)
where d.endpoint_id = $1 and d.dead_at is not null
order by l.position desc
limit $2;
