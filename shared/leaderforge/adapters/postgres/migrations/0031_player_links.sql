-- `player_links` has the relations of players. A relation has two links: one beside each player, with opposite kinds
-- (`follows` and `followed_by`, `blocks` and `blocked_by`). All relations of a player are therefore on one node of Citus.
-- `since` is in ms.

create table player_links (
    user_id bigint not null references users on delete cascade,
    kind text collate "C" not null,
    other_id bigint not null,
    since bigint not null,
    primary key (user_id, kind, other_id)
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('player_links', 'user_id', colocate_with => 'users');
    end if;
end
$$;
