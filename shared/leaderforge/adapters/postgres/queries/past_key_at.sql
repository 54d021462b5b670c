-- Skips $7 entries at and below a bound, and returns the next entry, as of the revision $9. $10 and $11 are a segment:
-- see past_counts.sql.
select p.ranked, p.subranked, p.achieved_at, p.user_id
from past_standings p
where p.board_id = $1 and p.period_id = $2 and p.hidden = 0 and ($8::integer <= 1 or p.submissions >= $8)
    and ($10::text is null or p.segments[$11::integer] = $10)
    and p.revision <= $9 and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id and n.revision <= $9
    )
    and (p.ranked, p.subranked, p.achieved_at, p.user_id) >= ($3, $4, $5, $6)
order by p.ranked, p.subranked, p.achieved_at, p.user_id
offset $7 limit 1;
