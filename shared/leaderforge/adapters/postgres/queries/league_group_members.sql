-- Returns the players of the groups $4 of a division, with their standings. `+ 0` excludes the indexes that begin with
-- board and period. In a new period, which has no statistics yet, the planner expects a single row. It would therefore
-- choose such an index, and scan all standings of the period for each player.
select
    m.user_id, m.group_number, s.ranked, s.subranked, s.achieved_at, s.hidden, s.revision,
    coalesce(s.submissions, 0) >= $5 as has_entry
from league_members m
left join standings s on s.user_id = m.user_id and s.board_id + 0 = m.board_id and s.period_id + 0 = m.period_id
where m.board_id = $1 and m.period_id = $2 and m.division = $3
    and m.group_number = any (string_to_array($4, ',')::integer[]);
