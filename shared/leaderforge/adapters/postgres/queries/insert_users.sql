insert into users (user_id, username, email, created_at, external_id)
values ($1, $2, $3, $4, $5)
on conflict (user_id) do nothing
returning user_id;
