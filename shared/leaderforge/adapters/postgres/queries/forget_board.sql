-- forget_board
delete from boards where board_id = $1 and deleted;
