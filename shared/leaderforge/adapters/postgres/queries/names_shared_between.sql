select username_key, user_id from username_claims
where username_key >= $1 and username_key < $2 and is_look_alike is not true
union all
select username_key, user_id from shared_names where username_key >= $1 and username_key < $2
order by username_key, user_id
limit $3;
