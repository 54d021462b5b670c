-- Registers a worker by host and port. Runs on Citus only.
select citus_add_node($1, $2);
