select kid, created_at, created_by, retired_at, accepted_until from signing_keys order by created_at, kid;
