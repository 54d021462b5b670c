select id_digest, user_id
from released_ids
where id_digest = any ($1::text[]) and case when $3::boolean then creatable_at else claimable_at end > $2;
