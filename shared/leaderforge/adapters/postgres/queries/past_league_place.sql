-- Returns a player's standing as of the revision $4, also a removed one.
select ranked, subranked, achieved_at, user_id, submissions
from past_standings
where user_id = $3 and board_id = $1 and period_id = $2 and revision <= $4
order by revision desc
limit 1;
