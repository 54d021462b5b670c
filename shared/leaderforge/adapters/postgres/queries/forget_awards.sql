delete from awards where board_id = $1;
