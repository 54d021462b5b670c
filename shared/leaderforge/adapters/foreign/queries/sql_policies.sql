-- Returns the number of players with a total. Returns also the numbers of totals that equal the sum, the maximum and
-- the minimum of the player's session scores.
with results as (
  select user_id, sum(score) as total, max(score) as highest, min(score) as lowest from game_sessions group by user_id
)
select
  count(*) as players,
  count(*) filter (where leaderboard.total_score = results.total) as sum,
  count(*) filter (where leaderboard.total_score = results.highest) as highest,
  count(*) filter (where leaderboard.total_score = results.lowest) as lowest
from leaderboard
left join results using (user_id)
