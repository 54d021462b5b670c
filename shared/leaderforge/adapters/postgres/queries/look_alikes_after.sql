select username_key, user_id from username_claims
where is_look_alike and username_key > $1
order by username_key
limit $2;
