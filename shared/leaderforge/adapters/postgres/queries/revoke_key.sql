update api_keys
set revoked_at = $2, replaced_digest = null, replaced_until = null
where name = $1 and revoked_at is null
returning name, scopes, digest, created_at, created_by, rotated_at, revoked_at, replaced_digest, replaced_until, role, person;
