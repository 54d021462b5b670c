delete from challenges where board_id = $1;
