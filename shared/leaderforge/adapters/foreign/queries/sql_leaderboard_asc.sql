-- All totals in the order of their ranks. The order uses the qualified name of the column, a number. The unqualified
-- name is the column of the result, a text.
select user_id::text, username, total_score::text, last_updated
from leaderboard
order by leaderboard.total_score asc, last_updated, user_id
