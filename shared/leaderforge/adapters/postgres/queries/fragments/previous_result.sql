-- Returns the written standings, each with the columns of its earlier place, null if there was none. If another batch
-- inserted a standing that was missing when `previous` was read, its previous place is unknown. The condition then
-- divides by zero, which rolls the whole statement back, and the writer repeats the batch. A check in the writer would
-- come after the commit, or need a transaction, which costs two round trips. The planner expects few rows, and would
-- compare all pairs in a left join, but it can only hash or merge a full join. The submission of a duplicate writes no
-- standing, and its row lacks the written columns.
select
    written.*, previous.score as previous_score, previous.achieved_at as previous_achieved_at,
    previous.submissions as previous_submissions, previous.subranked as previous_subranked,
    previous.hidden as previous_hidden
from written
full join previous using (user_id, board_id, period_id)
where 1 / (written.submissions = 1 or previous.user_id is not null)::int = 1
