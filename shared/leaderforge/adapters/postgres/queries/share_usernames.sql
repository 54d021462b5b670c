insert into shared_names (username_key, user_id)
values ($1, $2)
on conflict (username_key, user_id) do nothing
returning username_key;
