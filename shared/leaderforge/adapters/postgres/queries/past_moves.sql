-- Returns places of the players whose standings changed after the revision $3, up to $4: the places as of $4 as
-- arrivals, and the places as of $3 as departures. $6 and $7 are a segment: see past_counts.sql. With $7 alone, all
-- segments of the attribute count, and `segment` is the place's segment.
--
-- The departures are the last rows of a range of the primary key. With `revision = (select max ...)`, the planner took
-- the index by revision, which has all standings of an import at the same revision.
select a.ranked, a.subranked, a.achieved_at, a.user_id, a.segments[$7::integer] as segment, true as arrived
from (
    select distinct on (user_id) user_id, ranked, subranked, achieved_at, submissions, hidden, segments
    from past_standings
    where board_id = $1 and period_id = $2 and revision > $3 and revision <= $4
    order by user_id, revision desc
) a
where a.hidden = 0 and ($5::integer <= 1 or a.submissions >= $5)
    and ($6::text is null or a.segments[$7::integer] = $6)
    and ($7::integer is null or a.segments[$7::integer] is not null)
union all
select p.ranked, p.subranked, p.achieved_at, p.user_id, p.segments[$7::integer], false
from (
    select distinct user_id
    from past_standings
    where board_id = $1 and period_id = $2 and revision > $3 and revision <= $4
) c
cross join lateral (
    select n.ranked, n.subranked, n.achieved_at, n.user_id, n.submissions, n.hidden, n.segments
    from past_standings n
    where n.user_id = c.user_id and n.board_id = $1 and n.period_id = $2 and n.revision <= $3
    order by n.revision desc
    limit 1
) p
where p.hidden = 0 and ($5::integer <= 1 or p.submissions >= $5)
    and ($6::text is null or p.segments[$7::integer] = $6)
    and ($7::integer is null or p.segments[$7::integer] is not null);
