select exists (select from pg_available_extensions where name = 'pg_trgm') as is_available;
