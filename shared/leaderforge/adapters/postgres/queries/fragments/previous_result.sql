-- Returns the written standings, then the previous ones with the columns of an earlier place. If another batch inserted
-- a standing that was missing when `previous` was read, its previous place is unknown. The condition then divides by
-- zero, which rolls the whole statement back, and the writer repeats the batch. A check in the writer would come after
-- the commit, or need a transaction, which costs two round trips. `not in` looks keys up in a hash table, while a join of
-- both results compared all pairs, because the planner expects few rows.
select written.*, true as is_written
from written
union all
select
    user_id, score, achieved_at, null, null, null, submissions, null, subranked, hidden, null, board_id, period_id, false
from previous
where 1 / (not exists (
    select from written
    where submissions > 1 and (user_id, board_id, period_id) not in (select user_id, board_id, period_id from previous)
))::int = 1
