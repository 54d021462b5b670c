-- Allows a worker, given by host and port, to have shards if $3 is true, and forbids it otherwise. Runs on Citus only.
select citus_set_node_property($1, $2, 'shouldhaveshards', $3);
