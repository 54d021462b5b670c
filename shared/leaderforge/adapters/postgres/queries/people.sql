select subject, person, role, digest, signed_in_at, expires_at
from people
order by subject;
