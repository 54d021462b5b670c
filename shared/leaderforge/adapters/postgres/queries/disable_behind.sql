-- Disables endpoints that have not read all notices up to the position $1, because these notices are purged next.
update endpoints set disabled_at = $2, disabled_reason = $3
where disabled_at is null and position < $1
returning endpoint_id;
