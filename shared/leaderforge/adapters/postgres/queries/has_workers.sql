-- Whether this is the coordinator of a distributed database.
select to_regclass('pg_dist_node') is not null as distributed;
