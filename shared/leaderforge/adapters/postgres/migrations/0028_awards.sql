-- `awards` has the rewards that players earned. `revision` is the revision of the settlement that confirmed the award
-- last. `award_rules` has the rewards and tiers of a period as they were at its first settlement. `resettlements` has
-- the periods to settle again; its row of board 0 has the time up to which changes of moderators were searched.
-- `award_rules` and `resettlements` have few rows, therefore they are not distributed. Times are in ms. Migration 0025
-- adds the columns of `boards` for rewards, because one migration may block the writers of one table only.

create table awards (
    user_id bigint not null references users on delete cascade,
    board_id bigint not null,
    period_id bigint not null,
    reward text collate "C" not null,
    payload jsonb not null,
    rank bigint not null,
    revision bigint not null,
    granted_at bigint not null,
    revoked_at bigint,
    claim_id text,
    claimed_at bigint,
    claimed_by text,
    primary key (user_id, board_id, period_id, reward)
);

create index awards_period on awards (board_id, period_id, revision);

create table award_rules (
    board_id bigint not null,
    period_id bigint not null,
    rules jsonb not null,
    primary key (board_id, period_id)
);

create table resettlements (
    board_id bigint not null,
    period_id bigint not null,
    requested_at bigint not null,
    primary key (board_id, period_id)
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('awards', 'user_id', colocate_with => 'users');
    end if;
end
$$;
