-- delete_board
-- Its name is free again at once; what it held is purged later.
update boards set deleted = true, deleted_at = $2, slug = slug || ' ' || board_id where board_id = $1;
