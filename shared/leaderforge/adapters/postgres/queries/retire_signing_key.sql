update signing_keys
set retired_at = coalesce(retired_at, $2), accepted_until = least(accepted_until, $3)
where kid = $1
returning kid, created_at, created_by, retired_at, accepted_until;
