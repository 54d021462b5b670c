-- Rows of the log with the $2 notices after a position, in order. The first and the last row may have more notices. After
-- a gap in the positions, the last row is the first one beyond $2 positions.
select position, notice_id, user_id, type, board, at, body, size, ladders
from notice_log
where
    size > 0
    and position > $1
    and position <= coalesce(
        (select min(position) from notice_log where position >= $1::bigint + $2::bigint and size > 0),
        9223372036854775807
    )
order by position;
