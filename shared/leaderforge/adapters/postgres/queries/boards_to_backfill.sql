-- boards_to_backfill
select :board_columns
from boards
where backfill_kinds is not null and not deleted
order by board_id;
