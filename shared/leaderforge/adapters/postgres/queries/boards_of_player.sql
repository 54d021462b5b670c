-- Boards with a standing of the player, by slug. Standings of other players are not read.
select :board_columns
from boards
where not deleted and slug collate "C" > $2 and ($3 or not private)
    and board_id in (select board_id from standings where user_id = $1 and submissions > 0 and ($4 or hidden = 0))
order by slug collate "C"
limit $5;
