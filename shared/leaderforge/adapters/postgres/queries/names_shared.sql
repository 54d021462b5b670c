select username_key, user_id from username_claims where username_key = any ($1::text[])
union all
select username_key, user_id from shared_names where username_key = any ($1::text[])
order by username_key, user_id;
