-- Returns the state of the newest rebalance, and the number of its moves that are done. Runs on Citus only.
select state::text as state, coalesce((details -> 'task_state_counts' ->> 'done')::integer, 0) as moved
from citus_rebalance_status()
order by job_id desc
limit 1;
