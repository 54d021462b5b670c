-- Returns entries of a ladder like past_all.sql, ordered by the digest of their segment, then by their sort key. The
-- segment is the value of the attribute with the number $7.
select ranked, subranked, achieved_at, user_id, segment, position - 1 as above, total
from (
    select
        p.ranked, p.subranked, p.achieved_at, p.user_id, p.segments[$7::integer] as segment,
        row_number() over (
            order by
                substring(sha256(convert_to(p.segments[$7::integer], 'UTF8')) for 8),
                p.ranked, p.subranked, p.achieved_at, p.user_id
        ) as position,
        count(*) over () as total
    from past_standings p
    where p.board_id = $1 and p.period_id = $2 and p.hidden = 0 and ($3::integer <= 1 or p.submissions >= $3)
        and p.segments[$7::integer] is not null and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id and n.revision <= $4
    )
) as entries
where (position - 1) % greatest($5, total / $6) = 0
order by position;
