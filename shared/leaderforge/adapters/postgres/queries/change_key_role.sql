-- Changes the role of a person's key. No row is returned if the key was revoked or its role changed meanwhile.
update api_keys
set role = $2, scopes = $3
where name = $1 and revoked_at is null and role = $4
returning name;
