-- Returns the first entry of a ladder and each $5th entry after it, as of the revision $4, but at most about $6 entries.
-- Each row has the number of entries above the entry, and the total.
select ranked, subranked, achieved_at, user_id, position - 1 as above, total
from (
    select
        p.ranked, p.subranked, p.achieved_at, p.user_id,
        row_number() over (order by p.ranked, p.subranked, p.achieved_at, p.user_id) as position,
        count(*) over () as total
    from past_standings p
    where p.board_id = $1 and p.period_id = $2 and p.hidden = 0 and ($3::integer <= 1 or p.submissions >= $3)
        and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id and n.revision <= $4
    )
) as entries
where (position - 1) % greatest($5, total / $6) = 0
order by position;
