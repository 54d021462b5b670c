select user_id, username, external_id from users;
