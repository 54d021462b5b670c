-- All board settings, subscores, periods, and hidden and removed standings.

set local citus.enable_local_reference_table_foreign_keys to off;

alter table boards
    add column subscore_direction text,
    add column min_score bigint,
    add column max_score bigint,
    add column max_change bigint,
    add column min_interval_ms bigint,
    add column periods text not null default 'all-time',
    add column time_zone text not null default 'UTC',
    add column season text,
    add column keep_days integer,
    add column unit text,
    add column decimals smallint not null default 0,
    add column private boolean not null default false,
    add column open_to_players boolean not null default false,
    -- A deleted board is invisible to callers at once. The background purge deletes its rows.
    add column deleted boolean not null default false;

-- Each constraint is added by a statement of its own and has a name, because Citus accepts no other form on a
-- distributed table.
alter table boards add constraint boards_subscore_direction check (subscore_direction in ('desc', 'asc'));
alter table boards add constraint boards_max_change check (max_change >= 0);
alter table boards add constraint boards_min_interval check (min_interval_ms >= 0);
alter table boards add constraint boards_keep_days check (keep_days >= 1);
alter table boards add constraint boards_decimals check (decimals between 0 and 9);

alter table users add column hidden boolean not null default false;

-- `void` marks an event that a moderator has removed. It still identifies duplicates, but no longer counts.
alter table score_events
    add column subscore bigint not null default 0,
    add column void boolean not null default false;

-- A lower `subranked` is better, whatever the order of the subscores. Bits of `hidden`: 1 the entry, 2 the player, 4
-- removed. Only standings with 0 are listed.
alter table standings
    add column subranked bigint not null default 0,
    add column hidden smallint not null default 0;

alter table standings
    add constraint standings_subranked check (subranked between -9007199254740991 and 9007199254740991);

drop index standings_ranked;
create index standings_ranked on standings (board_id, period_id, ranked, subranked, achieved_at, user_id)
    where hidden = 0;

-- Periods of boards with at least one submission. A list of periods therefore needs no read of the standings.
drop index standings_periods;
create table periods (
    board_id bigint not null,
    period_id bigint not null,
    retired_at bigint,
    dropped boolean not null default false,
    primary key (board_id, period_id)
);

-- Changes of players without an event: a new name, a moderation, a creation or an erasure. Reconcile reads this table
-- in addition to the events.
create table touches (
    user_id bigint not null,
    recorded_at bigint not null,
    primary key (user_id, recorded_at)
);

create index touches_recorded_at on touches (recorded_at);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_reference_table('periods');
        perform create_distributed_table('touches', 'user_id', colocate_with => 'users');
    end if;
end
$$;
