insert into pending_processes (process_id, declared_at) values ($1, clock_timestamp())
on conflict (process_id) do update set declared_at = excluded.declared_at;
