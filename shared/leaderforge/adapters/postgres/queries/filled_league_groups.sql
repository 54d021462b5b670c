-- Returns the groups of a period. Each row has the number of the group's last seat, and the number of the group's
-- players who have an entry, which needs at least $3 submissions. A removed standing has no submissions, and therefore
-- no entry. `+ 0` excludes the indexes that begin with board and period. In a new period, which has no statistics yet,
-- the planner expects a single row. It would therefore choose such an index, and scan all standings of the period for
-- each player.
select m.division, m.group_number, max(m.seat) as last_seat, count(s.user_id) as players
from league_members m
left join standings s
    on s.user_id = m.user_id and s.board_id + 0 = m.board_id and s.period_id + 0 = m.period_id and s.submissions >= $3
where m.board_id = $1 and m.period_id = $2
group by m.division, m.group_number;
