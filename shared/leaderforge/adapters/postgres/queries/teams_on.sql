-- Returns the teams with contributions on a team board. Such a team has no standing if none of them counts.
select team_id as user_id
from teams t
where exists (select from team_contributions c where c.team_id = t.team_id and c.board_id = $1);
