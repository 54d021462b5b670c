-- Disables endpoints that have not looked at notices which are about to be purged.
update endpoints set disabled_at = $2, disabled_reason = $3
where disabled_at is null and position < $1
returning endpoint_id;
