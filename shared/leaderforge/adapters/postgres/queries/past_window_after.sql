-- Returns the nearest entries at and below a bound as of the revision $9, like window_after.sql for present entries.
-- The subquery is evaluated row by row during the scan. The scan therefore ends when the limit is reached.
-- $10 and $11 are a segment: see past_counts.sql. $12 to $15 are the bound below which the scan ends.
select
    p.ranked, p.subranked, p.achieved_at, p.user_id, p.submissions, u.username, u.external_id, p.has_metadata, p.hidden
from past_standings p
join users u on u.user_id = p.user_id
where p.board_id = $1 and p.period_id = $2 and p.hidden = 0 and ($8::integer <= 1 or p.submissions >= $8)
    and ($10::text is null or p.segments[$11::integer] = $10)
    and p.revision <= $9 and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id and n.revision <= $9
    )
    and (p.ranked, p.subranked, p.achieved_at, p.user_id) >= ($3, $4, $5, $6)
    and (p.ranked, p.subranked, p.achieved_at, p.user_id) < ($12, $13, $14, $15)
order by p.ranked, p.subranked, p.achieved_at, p.user_id
limit $7;
