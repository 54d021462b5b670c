-- Returns sort keys of a ladder with the numbers of entries above them, and the total, as of the revision $4. The
-- statement returns the key of each $5th state, but at most about $6 keys. With $7, only keys of entries are returned.
--
-- The keys are spaced by states instead of entries, because a count between two keys reads all states between them.
-- Most of these may be former states, for example below the present scores of a board whose scores only grow. With
-- `offset 0`, `is_entry` is computed once for each state. Otherwise, each of its uses would contain the subquery.
select ranked, subranked, achieved_at, user_id, above, total, states
from (
    select
        ranked, subranked, achieved_at, user_id, is_entry,
        row_number() over places as position,
        count(*) over () as states,
        count(*) filter (where is_entry) over (places groups between unbounded preceding and 1 preceding) as above,
        count(*) filter (where is_entry) over () as total
    from (
        select
            p.ranked, p.subranked, p.achieved_at, p.user_id,
            ($3::integer <= 1 or p.submissions >= $3) and p.revision = (
                select max(n.revision) from past_standings n
                where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id
                    and n.revision <= $4
            ) as is_entry
        from past_standings p
        where p.board_id = $1 and p.period_id = $2 and p.hidden = 0
        offset 0
    ) as listed
    window places as (order by ranked, subranked, achieved_at, user_id)
) as counted
where (position - 1) % greatest($5, states / $6) = 0 and (is_entry or not $7::boolean)
order by position;
