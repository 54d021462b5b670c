-- Returns the number of entries in each interval from one bound (inclusive) to another (exclusive), as of the revision $12.
-- $13 is the segment to count in: a value of the board's attribute with the number $14. If $13 is null, all entries
-- count.
--
-- Without `revision <= $12`, the subquery would run for each state after $12 too. On a board whose scores only grow, most
-- states above the best entry of an early moment are later ones. The index skips them.
select b.interval, count(*) as entries
from unnest(
    string_to_array($3, ',')::bigint[], string_to_array($4, ',')::bigint[], string_to_array($5, ',')::bigint[],
    string_to_array($6, ',')::bigint[], string_to_array($7, ',')::bigint[], string_to_array($8, ',')::bigint[],
    string_to_array($9, ',')::bigint[], string_to_array($10, ',')::bigint[]
) with ordinality as b (
    from_ranked, from_subranked, from_time, from_user, to_ranked, to_subranked, to_time, to_user, interval
)
join past_standings p
    on p.board_id = $1 and p.period_id = $2 and p.hidden = 0
    and ($11::integer <= 1 or p.submissions >= $11) and ($13::text is null or p.segments[$14::integer] = $13)
    and p.revision <= $12 and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id and n.revision <= $12
    )
    and (p.ranked, p.subranked, p.achieved_at, p.user_id)
        >= (b.from_ranked, b.from_subranked, b.from_time, b.from_user)
    and (p.ranked, p.subranked, p.achieved_at, p.user_id) < (b.to_ranked, b.to_subranked, b.to_time, b.to_user)
group by b.interval;
