insert into api_keys (name, scopes, digest, created_at, created_by, role, person)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (name) do nothing
returning name;
