insert into username_claims (username_key, user_id, is_look_alike)
values ($1, $2, $3)
on conflict (username_key) do nothing
returning username_key;
