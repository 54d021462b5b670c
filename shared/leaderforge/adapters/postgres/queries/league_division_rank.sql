-- Returns the number of entries in a division, and the number of these entries above a bound. The columns of the bound
-- are $5 to $8. `+ 0` excludes the indexes that begin with board and period. In a new period, which has no statistics
-- yet, the planner expects a single row. It would therefore choose such an index, and scan all standings of the period
-- for each player.
select
    count(*) as total,
    count(*) filter (where (s.ranked, s.subranked, s.achieved_at, s.user_id) < ($5, $6, $7, $8)) as above
from league_members m
join standings s on s.user_id = m.user_id and s.board_id + 0 = m.board_id and s.period_id + 0 = m.period_id
where m.board_id = $1 and m.period_id = $2 and m.division = $3
    and s.hidden = 0 and ($4::integer <= 1 or s.submissions >= $4);
