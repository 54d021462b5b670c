insert into users (user_id, username, email, created_at, external_id, attributes)
values ($1, $2, $3, $4, $5, $6)
on conflict (user_id) do nothing
returning user_id;
