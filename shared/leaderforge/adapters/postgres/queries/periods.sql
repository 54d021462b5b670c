-- Returns the periods that are not retired: the index must contain them.
select board_id, period_id from periods where retired_at is null order by board_id, period_id;
