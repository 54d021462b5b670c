select id_digest from released_ids where claimable_at > $1;
