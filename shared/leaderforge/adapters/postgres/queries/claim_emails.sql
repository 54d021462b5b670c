insert into email_claims (email_key, user_id)
values ($1, $2)
on conflict (email_key) do nothing
returning email_key;
