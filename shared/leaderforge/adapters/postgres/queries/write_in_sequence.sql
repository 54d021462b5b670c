-- Lets Citus change the shards of each node over one connection until the end of the transaction. PostgreSQL ignores the
-- setting. Without it, a busy Citus changes several shards at a time, over several connections. Citus then refuses later
-- statements of the transaction that read both a changed shard and a table that is on each node.
select set_config('citus.multi_shard_modify_mode', 'sequential', true);
