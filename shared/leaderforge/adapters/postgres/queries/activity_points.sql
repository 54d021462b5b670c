-- Returns the activity of a board since $2 (ms) in intervals of $3 ms.
select minute / $3::bigint * $3 as at, sum(submissions)::bigint as submissions, max(players) as players
from activity
where board_id = $1 and minute >= $2
group by minute / $3::bigint * $3
order by at;
