select subject, person, role, digest, signed_in_at, expires_at
from people
where subject = $1;
