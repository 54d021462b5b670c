-- Removes a worker without shards, by host and port. Runs on Citus only.
select citus_remove_node($1, $2);
