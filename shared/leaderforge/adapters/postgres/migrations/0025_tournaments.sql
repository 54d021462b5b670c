-- `tournament` has the rules of a tournament as a JSON object. Null means that the board is not a tournament. `rewards`
-- has the reward table of a board as a JSON object, `rewards_since` the time from which periods earn rewards.
-- `entrants` has the players of each occurrence; `number` is the position in the order of joining. A row without a
-- number belongs to a player who is being checked in an open transaction. `occurrences` has the number of entrants of
-- each occurrence. This table has one row per occurrence, therefore it is not distributed. Times are in ms.

alter table boards add column tournament jsonb, add column rewards jsonb, add column rewards_since bigint;

create table entrants (
    user_id bigint not null,
    board_id bigint not null,
    period_id bigint not null,
    joined_at bigint,
    number bigint,
    attempts bigint not null default 0,
    first_attempt_at bigint,
    primary key (user_id, board_id, period_id)
);

create index entrants_occurrence on entrants (board_id, period_id, number);

create table occurrences (
    board_id bigint not null,
    period_id bigint not null,
    entrants bigint not null,
    primary key (board_id, period_id)
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('entrants', 'user_id', colocate_with => 'users');
    end if;
end
$$;
