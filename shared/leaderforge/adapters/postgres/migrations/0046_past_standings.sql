-- `past_standings` has each state of the standings of boards with `moment_days`. `revision` is the time of the change
-- in us, and is never later than the next revision of the same standing. The other columns have the same meaning as in
-- `standings`. `run_id` names the event with the metadata.

create table past_standings (
    user_id bigint not null,
    board_id bigint not null,
    period_id bigint not null,
    revision bigint not null,
    ranked bigint not null,
    subranked bigint not null,
    achieved_at bigint not null,
    submissions bigint not null,
    hidden smallint not null,
    has_metadata boolean not null,
    run_id uuid not null,
    primary key (user_id, board_id, period_id, revision)
);

create index past_standings_ranked
    on past_standings (board_id, period_id, ranked, subranked, achieved_at, user_id, revision) where hidden = 0;

create index past_standings_revision on past_standings (board_id, period_id, revision);

-- `moment_checkpoints` has numbers of entries of a ladder at a moment. `keys` are sort keys of equal length, `above` the
-- numbers of entries above each of them, 8 bytes each. The table is local, even on Citus, because it is small.

create table moment_checkpoints (
    board_id bigint not null,
    period_id bigint not null,
    revision bigint not null,
    total bigint not null,
    keys bytea not null,
    above bytea not null,
    primary key (board_id, period_id, revision)
);

-- `moment_corrections` has the former places of erased players, whom checkpoints still count, until maintenance
-- subtracts them. A place is valid from `revision` until before `until`, which is the revision of the next change, null
-- if there was none.

create table moment_corrections (
    board_id bigint not null,
    period_id bigint not null,
    revision bigint not null,
    until bigint,
    ranked bigint not null,
    subranked bigint not null,
    achieved_at bigint not null,
    user_id bigint not null,
    submissions bigint not null,
    primary key (board_id, period_id, user_id, revision)
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('past_standings', 'user_id', colocate_with => 'users');
    end if;
end
$$;
