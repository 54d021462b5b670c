-- Names that were stored while the setting allowed equal names, under the same keys as claims. Several players may
-- share a name.

create table shared_names (
    username_key text collate "C" not null,
    user_id bigint not null,
    primary key (username_key, user_id)
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('shared_names', 'username_key', colocate_with => 'username_claims');
    end if;
end
$$;
