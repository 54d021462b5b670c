-- Lets a worker, by host and port, have shards, or not. Runs on Citus only.
select citus_set_node_property($1, $2, 'shouldhaveshards', $3);
