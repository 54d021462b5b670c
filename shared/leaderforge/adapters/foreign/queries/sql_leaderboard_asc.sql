-- All totals in the order of their ranks. The qualified name is the number, the plain one would be the text.
select user_id::text, username, total_score::text, last_updated
from leaderboard
order by leaderboard.total_score asc, last_updated, user_id
