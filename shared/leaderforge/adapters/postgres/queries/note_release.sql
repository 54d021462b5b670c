insert into released_ids (id_digest, user_id, claimable_at, creatable_at)
values ($1, $2, $3, $4)
on conflict (id_digest) do update set user_id = excluded.user_id, claimable_at = excluded.claimable_at,
    creatable_at = greatest(released_ids.creatable_at, excluded.creatable_at);
