-- Returns whether the coordinator can connect to a server, given by host and port. Runs on Citus only.
select citus_check_connection_to_node($1, $2) as answers;
