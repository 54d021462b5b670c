delete from notice_log where user_id = $1;
