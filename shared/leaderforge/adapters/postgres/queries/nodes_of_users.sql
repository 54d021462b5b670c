-- Runs on Citus only: a plain server never reports an unreachable node.
select u.user_id, p.groupid as node
from unnest(string_to_array($1, ',')::bigint[]) as u (user_id)
join pg_dist_placement p on p.shardid = get_shard_id_for_distribution_column('standings', u.user_id);
