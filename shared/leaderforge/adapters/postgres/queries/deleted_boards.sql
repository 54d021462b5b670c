-- deleted_boards
select :board_columns, deleted_at
from boards
where deleted
order by board_id;
