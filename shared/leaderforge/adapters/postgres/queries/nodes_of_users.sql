-- Asked only after a node could not be reached, which a plain server never reports.
select u.user_id, p.groupid as node
from unnest(string_to_array($1, ',')::bigint[]) as u (user_id)
join pg_dist_placement p on p.shardid = get_shard_id_for_distribution_column('standings', u.user_id);
