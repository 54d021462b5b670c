-- Starts to move shards in the background. If $1 is true, only moves shards away from workers that must have none.
-- Returns the job's id, or null if no shard has to move. Runs on Citus only.
select citus_rebalance_start(drain_only => $1) as job;
