-- Returns the number of entries in each interval between adjacent bounds. The statement reads each entry once, for any
-- number of bounds. The lower bounds are $3 to $6, the upper bounds $7 to $10, as one list per column. Players with
-- fewer submissions than $11 have no entry. If $11 is 1, the planner removes this condition, and the scan reads the
-- index only. $12 is the segment to count in: a value of the board's attribute with the number $13. If $12 is null, the
-- planner removes that condition too.
select b.interval, count(*) as entries
from unnest(
    string_to_array($3, ',')::bigint[], string_to_array($4, ',')::bigint[], string_to_array($5, ',')::bigint[],
    string_to_array($6, ',')::bigint[], string_to_array($7, ',')::bigint[], string_to_array($8, ',')::bigint[],
    string_to_array($9, ',')::bigint[], string_to_array($10, ',')::bigint[]
) with ordinality as b (
    from_ranked, from_subranked, from_time, from_user, to_ranked, to_subranked, to_time, to_user, interval
)
join standings s
    on s.board_id = $1 and s.period_id = $2 and s.hidden = 0
    and ($11::integer <= 1 or s.submissions >= $11)
    and ($12::text is null or s.segments[$13::integer] = $12)
    and (s.ranked, s.subranked, s.achieved_at, s.user_id)
        >= (b.from_ranked, b.from_subranked, b.from_time, b.from_user)
    and (s.ranked, s.subranked, s.achieved_at, s.user_id) < (b.to_ranked, b.to_subranked, b.to_time, b.to_user)
group by b.interval;
