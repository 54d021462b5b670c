-- Register the coordinator and two workers, for psql. Safe to repeat: the conditions skip registered nodes. Without the
-- conditions, a repeated registration would be a two-phase commit. This commit could fail after a restart of the
-- container, because its transaction name could exist already.
\set ON_ERROR_STOP 1

select citus_set_coordinator_host('citus-coordinator', 5432)
where not exists (select from pg_dist_node where nodename = 'citus-coordinator' and nodeport = 5432);

select citus_add_node('citus-worker-1', 5432)
where not exists (select from pg_dist_node where nodename = 'citus-worker-1' and nodeport = 5432);

select citus_add_node('citus-worker-2', 5432)
where not exists (select from pg_dist_node where nodename = 'citus-worker-2' and nodeport = 5432);
