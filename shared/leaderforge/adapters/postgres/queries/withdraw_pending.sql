delete from pending_processes
where process_id = any(string_to_array($1, ',')::uuid[])
    and declared_at <= clock_timestamp() - $2 * interval '1 millisecond';
