-- All totals in the order of their ranks. `order by` needs the qualified name of the column, which is a number. The
-- unqualified name would be the column of the result, a text, and 10 would come before 9.
select user_id::text, username, total_score::text, last_updated
from leaderboard
order by leaderboard.total_score asc, last_updated, user_id
