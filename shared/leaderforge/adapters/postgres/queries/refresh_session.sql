-- The previous token is accepted if the last refresh was after $7 (ms). A refresh with the previous token does not set
-- `refreshed_at`, therefore the token's remaining time does not grow.
update sessions
set
    digest = $4,
    previous_digest = $3,
    refreshed_at = case when digest = $3 then $5 else refreshed_at end,
    expires_at = $6
where user_id = $1
    and session_id = $2
    and expires_at > $5
    and (digest = $3 or (previous_digest = $3 and refreshed_at > $7))
returning user_id;
