insert into username_claims (username_key, user_id)
values ($1, $2)
on conflict (username_key) do nothing
returning username_key;
