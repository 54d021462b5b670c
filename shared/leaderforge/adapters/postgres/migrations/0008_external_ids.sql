-- Ids of players in other systems, and players without a name. A claim table makes external ids unique, in the same way
-- as usernames. released_ids has hashes of ids that lost their player. Other players may claim an id only from
-- claimable_at on, because processes may still have the old player in their caches. First sight creates a player with
-- the id only from creatable_at on. user_id is the player who released the id, and who may claim it again at any time.
-- It is null after an erasure. Times are ms since 1970.

alter table users
    alter column username drop not null,
    add column external_id text;

create table external_id_claims (
    external_id text collate "C" primary key,
    user_id bigint not null
);

create table released_ids (
    id_digest text collate "C" primary key,
    user_id bigint,
    claimable_at bigint not null,
    creatable_at bigint not null
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('external_id_claims', 'external_id', colocate_with => 'username_claims');
        perform create_distributed_table('released_ids', 'id_digest', colocate_with => 'username_claims');
    end if;
end
$$;
