-- Locks a player's standings, ordered by policy, board and period. Submissions write standings in the same order, which
-- prevents deadlocks.
select standings.board_id, standings.period_id, standings.submissions
from standings
left join boards on boards.board_id = standings.board_id
where standings.user_id = $1
order by boards.policy collate "C", standings.board_id, standings.period_id
for update of standings;
