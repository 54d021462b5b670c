-- Notices after a position, in order.
select position, notice_id, user_id, type, board, at, body
from notice_log
where position > $1
order by position
limit $2;
