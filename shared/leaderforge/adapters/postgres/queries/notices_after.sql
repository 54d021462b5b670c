-- Returns the rows of the log that have the $2 positions after the position $1, in order. The first row may be a bundle
-- that begins before these positions. The last row may be a bundle that ends after them. If the positions have a gap,
-- the last row may lie after them completely.
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
