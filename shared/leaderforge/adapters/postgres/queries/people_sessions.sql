select subject, person, role, digest, signed_in_at, expires_at
from people
where expires_at > $1
order by subject;
