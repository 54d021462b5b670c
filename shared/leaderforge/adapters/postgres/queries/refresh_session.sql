-- Replaces the refresh token $3 of a session by $4. The previous token is accepted too if the last refresh was after $7
-- (ms). A refresh with the previous token does not set `refreshed_at`. It therefore does not extend the time in which
-- the previous token is accepted.
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
