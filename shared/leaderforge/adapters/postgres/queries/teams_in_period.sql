-- Returns up to $3 teams with contributions on a team board in a period.
select team_id as user_id
from teams t
where exists (select from team_contributions c where c.team_id = t.team_id and c.board_id = $1 and c.period_id = $2)
limit $3;
