-- Returns true on the coordinator of a distributed database (Citus).
select to_regclass('pg_dist_node') is not null as distributed;
