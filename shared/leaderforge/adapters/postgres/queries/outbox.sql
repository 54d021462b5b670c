-- Returns up to $1 rows of the outbox, in the order of their sequence numbers.
select seq, user_id, board_id, period_id, type, at, data from outbox order by seq limit $1;
