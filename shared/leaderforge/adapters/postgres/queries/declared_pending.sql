select process_id, (extract(epoch from clock_timestamp() - declared_at) * 1000)::bigint as age_ms
from pending_processes;
