select name, scopes, digest, created_at, created_by, rotated_at, revoked_at, replaced_digest, replaced_until, role, person
from api_keys
where name = $1;
