delete from touches where recorded_at < $1;
