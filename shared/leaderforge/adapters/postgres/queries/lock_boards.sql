-- Serialises a change of a board with changes and deletions of the boards to which it refers.
select board_id
from boards
where slug = any (string_to_array($1, ',')) and not deleted
order by board_id
for update;
