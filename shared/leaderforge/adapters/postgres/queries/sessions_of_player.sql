select created_at, refreshed_at, expires_at
from sessions
where user_id = $1
order by created_at, refreshed_at, expires_at;
