-- Changes the role of a person's session. No row is returned if the session ended or its role changed meanwhile.
update people
set role = $2
where subject = $1 and role = $3 and expires_at > $4
returning subject;
