-- Deletes the request for another settlement of a period, unless the request was repeated after $3 (ms).
delete from resettlements where board_id = $1 and period_id = $2 and requested_at <= $3;
