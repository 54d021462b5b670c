-- Stores a person's session, which replaces the person's earlier session.
insert into people (subject, person, role, digest, signed_in_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (subject) do update set
    person = excluded.person,
    role = excluded.role,
    digest = excluded.digest,
    signed_in_at = excluded.signed_in_at,
    expires_at = excluded.expires_at;
