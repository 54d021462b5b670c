-- `challenges` has the private challenges. Its column `players` is the number of players who have joined, including
-- erased ones. The table has one row per challenge, therefore it is not distributed. `challenge_players` has the
-- players; `number` is the position in the order of joining, and the first one is the creator. `challenge_id` is the
-- creator's own id of the challenge, null for other players. Times are in ms.

create table challenges (
    invitation text collate "C" primary key,
    board_id bigint not null,
    starts_at bigint not null,
    ends_at bigint not null,
    late_until bigint not null,
    max_players bigint not null,
    players bigint not null
);

create index challenges_end on challenges (ends_at);

create table challenge_players (
    user_id bigint not null references users on delete cascade,
    invitation text collate "C" not null,
    number bigint not null,
    joined_at bigint not null,
    challenge_id uuid,
    primary key (user_id, invitation)
);

create index challenge_players_invitation on challenge_players (invitation);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('challenge_players', 'user_id', colocate_with => 'users');
    end if;
end
$$;
