-- Ends the session of a replaced refresh token. The token directly before the present one does not end the session if
-- the last refresh was after $4 (ms), because a client may repeat its refresh. Older tokens are not stored: any other
-- token with the random id of the session must be an older one.
delete from sessions
where user_id = $1
    and session_id = $2
    and digest <> $3
    and (previous_digest is distinct from $3 or refreshed_at <= $4);
