-- Begins a settled period's settlement again, with the next revision. Changes no row if it is not settled. Citus refuses
-- the stable function jsonb_build_object in an update.
update settlements set
    settled_at = null,
    revision = revision + 1,
    part = $3,
    progress = ('{"revision": ' || (revision + 1)::text || '}')::jsonb
where board_id = $1 and period_id = $2 and settled_at is not null
returning revision;
