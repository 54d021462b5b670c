select user_id from username_claims
where username_key >= $1 and username_key < $2 and is_look_alike is not true
order by username_key
limit $3;
