-- Begins a part of a settled period's settlement again, with the next revision. Changes no row if the period is not
-- settled, or if its last part is not $3. The JSON is concatenated, because Citus refuses the stable function
-- jsonb_build_object in an update.
update settlements set
    settled_at = null,
    revision = revision + 1,
    progress = (progress - 'after' - 'count' - 'rank' - 'total' - 'revoked')
        || ('{"revision": ' || (revision + 1)::text || '}')::jsonb
where board_id = $1 and period_id = $2 and part = $3 and settled_at is not null
returning revision;
