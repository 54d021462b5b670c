-- Sign-in. signing_keys has only ids, because the keys are derived from the ids and a secret of the settings.
-- device_claims has a SHA-256 digest (hexadecimal) of each device's secret, with its player, and is a claim table.
-- sessions has digests of refresh tokens. previous_digest is the digest of the token before the last refresh. Times are
-- ms since 1970.

create table signing_keys (
    kid text collate "C" primary key,
    created_at bigint not null,
    created_by text not null,
    retired_at bigint,
    accepted_until bigint
);

create table device_claims (
    device text collate "C" primary key,
    user_id bigint not null
);

create table sessions (
    user_id bigint not null,
    session_id text collate "C" not null,
    digest bytea not null check (length(digest) = 32),
    previous_digest bytea,
    created_at bigint not null,
    refreshed_at bigint not null,
    expires_at bigint not null,
    primary key (user_id, session_id)
);

create index device_claims_user_id on device_claims (user_id);
create index sessions_expires_at on sessions (expires_at);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_reference_table('signing_keys');
        perform create_distributed_table('device_claims', 'device', colocate_with => 'username_claims');
        perform create_distributed_table('sessions', 'user_id', colocate_with => 'users');
    end if;
end
$$;
