update people
set expires_at = $2
where subject = $1 and expires_at > $2
returning subject;
