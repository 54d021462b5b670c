select distinct user_id from touches where recorded_at >= $1 and recorded_at < $2;
