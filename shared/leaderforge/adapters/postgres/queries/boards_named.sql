-- boards_named
select :board_columns
from boards
where slug = any (string_to_array($1, ',')) and not deleted;
