-- Returns keys of a ladder like past_all.sql, ordered by the digest of their segment, then by their sort key. The segment
-- is the value of the attribute with the number $8.
select ranked, subranked, achieved_at, user_id, segment, above, total, states
from (
    select
        ranked, subranked, achieved_at, user_id, segment, is_entry,
        row_number() over places as position,
        count(*) over () as states,
        count(*) filter (where is_entry) over (places groups between unbounded preceding and 1 preceding) as above,
        count(*) filter (where is_entry) over () as total
    from (
        select
            p.ranked, p.subranked, p.achieved_at, p.user_id, p.segments[$8::integer] as segment,
            substring(sha256(convert_to(p.segments[$8::integer], 'UTF8')) for 8) as digest,
            ($3::integer <= 1 or p.submissions >= $3) and p.revision = (
                select max(n.revision) from past_standings n
                where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id
                    and n.revision <= $4
            ) as is_entry
        from past_standings p
        where p.board_id = $1 and p.period_id = $2 and p.hidden = 0 and p.segments[$8::integer] is not null
        offset 0
    ) as listed
    window places as (order by digest, ranked, subranked, achieved_at, user_id)
) as counted
where (position - 1) % greatest($5, states / $6) = 0 and (is_entry or not $7::boolean)
order by position;
