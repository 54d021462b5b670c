-- Returns the rows of the log with the next $2 positions after a position, in order. The first row may be a bundle that
-- begins before these positions, and the last row one that ends behind them. If the positions have a gap, the last row
-- may lie behind them completely.
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
