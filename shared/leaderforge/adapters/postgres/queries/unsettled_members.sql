-- Returns the number of players who have a seat in a period, but no result yet. `+ 0` excludes the indexes that begin
-- with board and period. In a new period, which has no statistics yet, the planner expects a single row. It would
-- therefore choose such an index, and scan all results of the period for each player.
select count(*) as members
from league_members m
where m.board_id = $1 and m.period_id = $2
    and not exists (
        select from league_results r
        where r.user_id = m.user_id and r.board_id + 0 = m.board_id and r.period_id + 0 = m.period_id
    );
