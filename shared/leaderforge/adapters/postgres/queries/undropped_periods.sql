-- Returns the periods whose index keys may still exist.
select board_id, period_id, retired_at, expired_at from periods where not dropped order by board_id, period_id;
