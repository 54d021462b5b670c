select username_key, user_id from shared_names
where (username_key, user_id) > ($1, $2)
order by username_key, user_id
limit $3;
