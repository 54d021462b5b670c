-- Starts to move shards in the background: with $1 only away from workers that may have none. Returns the job's id, or
-- null if no shard has to move. Runs on Citus only.
select citus_rebalance_start(drain_only => $1) as job;
