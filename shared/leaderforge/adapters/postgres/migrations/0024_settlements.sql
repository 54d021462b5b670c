-- Settlements of periods, and leagues. `settlements` has the progress of each settlement: the part that is in progress
-- and the position in it. `league` of a board has its league: a JSON object, null if there is none.
--
-- `league_periods` has the league's rules of a period, as they were when its groups opened. `league_divisions` has the
-- open groups of each division. Its rows are locked while players are seated, therefore each board's rows are on one
-- node. `league_members` has the group of each participant, and `league_results` the movements. `next_division` is null
-- for players who left. Times are in ms.

alter table boards add column league jsonb;

create table settlements (
    board_id bigint not null,
    period_id bigint not null,
    part text not null,
    progress jsonb not null,
    settled_at bigint,
    revision integer not null default 1,
    primary key (board_id, period_id)
);

create table league_periods (
    board_id bigint not null,
    period_id bigint not null,
    rules jsonb not null,
    opened_at bigint not null,
    primary key (board_id, period_id)
);

create table league_divisions (
    board_id bigint not null,
    period_id bigint not null,
    division smallint not null,
    seats bigint not null,
    groups integer not null,
    open_groups jsonb not null,
    primary key (board_id, period_id, division)
);

create table league_members (
    user_id bigint not null,
    board_id bigint not null,
    period_id bigint not null,
    division smallint not null,
    group_number integer not null,
    seat bigint not null,
    primary key (user_id, board_id, period_id)
);

-- The index includes the player's id. Therefore a query finds the members of a division in the index alone.
create index league_members_group on league_members (board_id, period_id, division, group_number, user_id);

create table league_results (
    user_id bigint not null,
    board_id bigint not null,
    period_id bigint not null,
    division smallint not null,
    group_number integer,
    group_rank integer,
    group_size integer,
    movement text not null,
    next_division text,
    primary key (user_id, board_id, period_id)
);

create index league_results_group on league_results (board_id, period_id, division, group_number);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('settlements', 'board_id', colocate_with => 'none');
        perform create_distributed_table('league_periods', 'board_id', colocate_with => 'settlements');
        perform create_distributed_table('league_divisions', 'board_id', colocate_with => 'settlements');
        perform create_distributed_table('league_members', 'user_id', colocate_with => 'users');
        perform create_distributed_table('league_results', 'user_id', colocate_with => 'users');
    end if;
end
$$;
