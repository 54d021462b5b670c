-- Locks a player's standings on a board, in the order in which submissions write them. It locks no rows of other
-- boards, because it would lock these rows in another order than a batch of submissions does. Another order could cause
-- a deadlock.
select period_id from standings where user_id = $1 and board_id = $2 order by period_id for update;
