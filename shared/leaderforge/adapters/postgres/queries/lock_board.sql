-- lock_board
-- Serialises changes of a board, because a change is computed from the locked row.
select :board_columns
from boards
where slug = $1 and not deleted
for update;
