delete from noticed_places where user_id = $1;
