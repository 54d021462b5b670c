select audit_id, at, actor, action, board, user_id, reason, details
from audit_log
where ($1::text is null or board = $1)
    and ($2::bigint is null or user_id = $2)
    and ($3::text is null or action = $3)
    and ($4::text is null or actor = $4)
    and (at, audit_id) < ($5, $6)
order by at desc, audit_id desc
limit $7;
