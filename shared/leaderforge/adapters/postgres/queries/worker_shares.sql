-- Returns each worker, in the order of addresses, with its number of shards of the players' tables. Runs on Citus only.
select n.nodename as host, n.nodeport as port, n.shouldhaveshards as has_shards, count(p.shardid) as shards
from pg_dist_node n
left join pg_dist_placement p
    on p.groupid = n.groupid
    and p.shardid in (select shardid from pg_dist_shard where logicalrelid = 'standings'::regclass)
where n.groupid <> 0 and n.noderole = 'primary'
group by n.nodename, n.nodeport, n.shouldhaveshards
order by n.nodename, n.nodeport;
