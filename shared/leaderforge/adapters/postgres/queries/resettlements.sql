select board_id, period_id, requested_at from resettlements;
