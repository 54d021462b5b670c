-- begin_moments
update boards set moments_since = $2
where board_id = $1 and moments_enabled_at = $3 and moment_days is not null and not deleted
returning board_id;
