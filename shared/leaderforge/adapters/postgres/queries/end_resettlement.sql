-- A later request stays.
delete from resettlements where board_id = $1 and period_id = $2 and requested_at <= $3;
