-- Returns the numbers of standings of boards that do not exist.
select standings.board_id, count(*) as standings
from standings
where not exists (select 1 from boards where boards.board_id = standings.board_id)
group by standings.board_id
order by standings.board_id;
