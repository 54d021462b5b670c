insert into users (user_id, username, email, created_at)
values ($1, $2, $3, $4)
on conflict (user_id) do nothing
returning user_id;
