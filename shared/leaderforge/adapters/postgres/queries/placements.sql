-- Returns the hash range and the node of each shard of the players' tables. Runs on Citus only.
select s.shardminvalue::integer as low, s.shardmaxvalue::integer as high, p.groupid as node
from pg_dist_shard s
join pg_dist_placement p using (shardid)
where s.logicalrelid = 'standings'::regclass
order by low;
