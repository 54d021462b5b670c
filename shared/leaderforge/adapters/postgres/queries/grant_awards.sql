-- Grants awards, confirms awards that were granted before, and grants revoked awards again. An award that this or a
-- later revision has confirmed stays unchanged. Returns the time of the grant. For a confirmed award, this is the time
-- of the earlier grant.
insert into awards (user_id, board_id, period_id, reward, payload, rank, revision, granted_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (user_id, board_id, period_id, reward) do update set
    payload = case when awards.revoked_at is null then awards.payload else excluded.payload end,
    rank = excluded.rank,
    revision = excluded.revision,
    granted_at = case when awards.revoked_at is null then awards.granted_at else excluded.granted_at end,
    revoked_at = null
where awards.revision < excluded.revision
returning user_id, reward, granted_at;
