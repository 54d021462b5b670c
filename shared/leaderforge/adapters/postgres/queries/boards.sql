select :board_columns
from boards
where not deleted
order by board_id;
