-- Periods that belong in the index.
select board_id, period_id from periods where retired_at is null order by board_id, period_id;
