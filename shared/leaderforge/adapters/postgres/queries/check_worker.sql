-- Returns whether the coordinator can connect to a worker. Runs on Citus only.
select citus_check_connection_to_node(nodename, nodeport) as answers
from pg_dist_node
where groupid = $1 and noderole = 'primary' and isactive;
