select user_id, username, email, created_at, external_id, attributes from users
where user_id > $1
order by user_id
limit $2;
