-- Ends the session of a replaced refresh token. A client may repeat its refresh. Therefore the token directly before
-- the present token does not end the session if the last refresh was after $4 (ms). Older tokens are not stored. Any
-- other token with the session's random id must be an older token.
delete from sessions
where user_id = $1
    and session_id = $2
    and digest <> $3
    and (previous_digest is distinct from $3 or refreshed_at <= $4);
