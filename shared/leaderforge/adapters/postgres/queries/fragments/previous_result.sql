-- Returns each written standing with the columns of the previous standing, which are null if there was none. Another
-- batch may insert a standing after this statement has found no previous standing. The previous standing is then
-- unknown. In this case, the condition divides by zero: the server rolls back the whole statement, and the writer
-- repeats the batch. The writer itself could detect this only after the commit, or in a transaction, which costs two
-- round trips. The join is a full join, because the planner can only hash or merge it. For a left join, the planner
-- would expect few rows and compare all pairs. A duplicate submission writes no standing. Its row has null in the
-- written columns.
select
    written.*, previous.score as previous_score, previous.achieved_at as previous_achieved_at,
    previous.submissions as previous_submissions, previous.subranked as previous_subranked,
    previous.hidden as previous_hidden
from written
full join previous using (user_id, board_id, period_id)
where 1 / (written.submissions = 1 or previous.user_id is not null)::int = 1
