-- Locks a player's standings on a board, in the order in which submissions write them. Rows of other boards are not
-- locked: a batch of submissions locks them in another order, which could cause a deadlock.
select period_id from standings where user_id = $1 and board_id = $2 order by period_id for update;
