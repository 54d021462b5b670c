select board_id, closed_until from noticed_boards;
