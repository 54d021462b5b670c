-- Returns the groups of a period with their last seats and their numbers of players with an entry. A removed standing
-- has no submissions, and therefore no entry. `+ 0` keeps the planner from the indexes that begin with board and
-- period. While a new period has no statistics, the planner would expect one row in such an index. It would then scan
-- all members of the period for each player.
select m.division, m.group_number, max(m.seat) as last_seat, count(s.user_id) as players
from league_members m
left join standings s
    on s.user_id = m.user_id and s.board_id + 0 = m.board_id and s.period_id + 0 = m.period_id and s.submissions >= $3
where m.board_id = $1 and m.period_id = $2
group by m.division, m.group_number;
