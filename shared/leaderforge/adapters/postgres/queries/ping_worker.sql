-- Runs on Citus only.
select citus_check_connection_to_node($1, $2) as answers;
