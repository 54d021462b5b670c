select :board_columns
from boards
where slug = $1 and not deleted;
