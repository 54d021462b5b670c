-- `teams` has the teams. A team is also a row of `users` with the same id, its name and its scores. `captain_id` is the
-- appointed captain, who may have left. `team_spans` has the times in which players are or were in teams, beside the
-- player: `left_at` is null for a present member. It has no reference to the team, which may be on another node.
-- `team_contributions` has the contribution of each member to a team in a period of a team board, beside the team's
-- standing. It is computed from the events and the spans. `team_progress` has the time up to which a team board is
-- complete. This table has one row per team board, therefore it is not distributed. Times are in ms.

create table teams (
    team_id bigint primary key references users on delete cascade,
    captain_id bigint,
    max_members bigint not null,
    joining text not null
);

create table team_spans (
    user_id bigint not null references users on delete cascade,
    team_id bigint not null,
    joined_at bigint not null,
    left_at bigint,
    primary key (user_id, joined_at)
);

create index team_spans_team on team_spans (team_id);

create table team_contributions (
    team_id bigint not null references users on delete cascade,
    board_id bigint not null,
    period_id bigint not null,
    user_id bigint not null,
    score bigint not null,
    achieved_at bigint not null,
    received_us bigint not null,
    run_id uuid not null,
    submissions bigint not null,
    hidden boolean not null,
    primary key (team_id, board_id, period_id, user_id)
);

create index team_contributions_member on team_contributions (user_id, board_id, period_id);

create table team_progress (
    board_id bigint primary key,
    reached bigint not null
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_distributed_table('teams', 'team_id', colocate_with => 'users');
        perform create_distributed_table('team_spans', 'user_id', colocate_with => 'users');
        perform create_distributed_table('team_contributions', 'team_id', colocate_with => 'users');
    end if;
end
$$;
