-- Returns all players with a counted submission in a period, but without a seat. `+ 0` excludes the indexes that begin
-- with board and period. In a new period, which has no statistics yet, the planner expects a single row. It would
-- therefore choose such an index, and scan all seats of the period for each player.
select s.user_id
from standings s
where s.board_id = $1 and s.period_id = $2 and s.submissions > 0
    and not exists (
        select from league_members m
        where m.user_id = s.user_id and m.board_id + 0 = s.board_id and m.period_id + 0 = s.period_id
    )
order by s.achieved_at, s.user_id;
