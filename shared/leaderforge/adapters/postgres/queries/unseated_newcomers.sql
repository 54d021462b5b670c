-- Returns players without a seat, among the players with an event since $3 (ms). The index on the times of events keeps
-- this cheap on a board with many players. `+ 0` excludes the indexes that begin with board and period. In a new
-- period, which has no statistics yet, the planner expects a single row. It would therefore choose such an index, and
-- scan all seats of the period for each player.
select s.user_id
from (select distinct user_id from score_events where board_id = $1 and recorded_at >= $3) e
join standings s on s.user_id = e.user_id and s.board_id + 0 = $1 and s.period_id + 0 = $2
where s.submissions > 0
    and not exists (
        select from league_members m
        where m.user_id = s.user_id and m.board_id + 0 = $1 and m.period_id + 0 = $2
    )
order by s.achieved_at, s.user_id;
