select user_id, username from users;
