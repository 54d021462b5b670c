-- Returns the same numbers as league_division_rank.sql, as of the revision $9. See past_rows.sql for the lateral join.
select
    count(*) as total,
    count(*) filter (where (p.ranked, p.subranked, p.achieved_at, p.user_id) < ($5, $6, $7, $8)) as above
from league_members m
cross join lateral (
    select n.ranked, n.subranked, n.achieved_at, n.user_id, n.submissions, n.hidden
    from past_standings n
    where n.user_id = m.user_id and n.board_id = $1 and n.period_id = $2 and n.revision <= $9
    order by n.revision desc
    limit 1
) p
where m.board_id = $1 and m.period_id = $2 and m.division = $3
    and p.hidden = 0 and ($4::integer <= 1 or p.submissions >= $4);
