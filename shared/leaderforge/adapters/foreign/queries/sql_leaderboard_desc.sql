-- All totals in the order of their ranks. The order needs the qualified name of the column: the plain name is the
-- text of the result.
select user_id::text, username, total_score::text, last_updated
from leaderboard
order by leaderboard.total_score desc, last_updated, user_id
