insert into external_id_claims (external_id, user_id)
values ($1, $2)
on conflict (external_id) do nothing
returning external_id;
