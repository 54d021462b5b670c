select user_id, reward
from awards
where board_id = $1 and period_id = $2 and revoked_at is null
    and user_id = any (string_to_array($3, ',')::bigint[]);
