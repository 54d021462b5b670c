-- Returns all totals in the order of their ranks. `order by` needs the qualified name, which means the table's column,
-- a number. The unqualified name would mean the result's column, a text: 9 would come before 10.
select user_id::text, username, total_score::text, last_updated
from leaderboard
order by leaderboard.total_score desc, last_updated, user_id
