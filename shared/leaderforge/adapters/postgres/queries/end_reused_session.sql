-- Ends the session of a replaced token. A concurrent repetition within the time of $4 must not end it. Replaced tokens
-- are not stored: another secret with the random id of the session can only come from one of them.
delete from sessions
where user_id = $1
    and session_id = $2
    and digest <> $3
    and (previous_digest is distinct from $3 or refreshed_at <= $4);
