-- Returns the addresses of the active workers. Runs on Citus only.
select nodename, nodeport from pg_dist_node where groupid <> 0 and noderole = 'primary' and isactive order by nodeid;
