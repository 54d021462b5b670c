select user_id, max(revision) as revision
from touches
where recorded_at >= $1 and recorded_at < $2 and revision is not null
group by user_id;
