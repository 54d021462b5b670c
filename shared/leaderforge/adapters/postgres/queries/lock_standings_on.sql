-- Locks a player's standings on a board, in the order in which submissions write them. It must not lock rows of other
-- boards, because a batch could wait for them out of order, and deadlock.
select period_id from standings where user_id = $1 and board_id = $2 order by period_id for update;
