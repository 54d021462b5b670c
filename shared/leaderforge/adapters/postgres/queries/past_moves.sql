-- Returns places of the players whose standings changed after the revision $3, up to $4: the places as of $4 as
-- arrivals, and the places as of $3 as departures. The subquery of the departures is evaluated once for each player,
-- because it depends on the player only.
select a.ranked, a.subranked, a.achieved_at, a.user_id, true as arrived
from (
    select distinct on (user_id) user_id, ranked, subranked, achieved_at, submissions, hidden
    from past_standings
    where board_id = $1 and period_id = $2 and revision > $3 and revision <= $4
    order by user_id, revision desc
) a
where a.hidden = 0 and ($5::integer <= 1 or a.submissions >= $5)
union all
select p.ranked, p.subranked, p.achieved_at, p.user_id, false
from (
    select distinct user_id
    from past_standings
    where board_id = $1 and period_id = $2 and revision > $3 and revision <= $4
) c
join past_standings p on p.user_id = c.user_id
where p.board_id = $1 and p.period_id = $2 and p.hidden = 0 and ($5::integer <= 1 or p.submissions >= $5)
    and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = c.user_id and n.board_id = $1 and n.period_id = $2 and n.revision <= $3
    );
