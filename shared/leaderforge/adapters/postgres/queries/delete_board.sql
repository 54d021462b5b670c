-- delete_board
-- Renames the board, therefore its slug is free at once. The background purge deletes its rows.
update boards set deleted = true, deleted_at = $2, slug = slug || ' ' || board_id where board_id = $1;
