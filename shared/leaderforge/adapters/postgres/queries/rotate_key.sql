update api_keys
set digest = $2, rotated_at = $3, replaced_digest = digest, replaced_until = $4
where name = $1 and revoked_at is null
returning name, scopes, digest, created_at, created_by, rotated_at, revoked_at, replaced_digest, replaced_until, role, person;
