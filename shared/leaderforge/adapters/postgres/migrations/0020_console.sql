-- Activity of boards by the minute, folded from the events by maintenance. `activity` has the numbers of each board,
-- and in rows of board 0 the sums over all boards. `minute_leaders` has the players with the best scores of a minute,
-- and players with very many submissions. Both tables keep the last two days. `people` has the people who signed in to
-- the console by an identity provider, with the digest (SHA-256) of the session's secret. Times are in ms.

create table activity (
    board_id bigint not null,
    minute bigint not null,
    submissions bigint not null,
    players bigint not null,
    primary key (board_id, minute)
);

create table minute_leaders (
    user_id bigint not null,
    board_id bigint not null,
    minute bigint not null,
    submission_id uuid not null,
    submissions bigint not null,
    primary key (user_id, board_id, minute)
);

create index minute_leaders_board on minute_leaders (board_id, minute);

create table people (
    subject text collate "C" primary key,
    person text not null,
    role text not null,
    digest bytea not null check (length(digest) = 32),
    signed_in_at bigint not null,
    expires_at bigint not null
);

do $$
begin
    if exists (select from pg_extension where extname = 'citus') then
        perform create_reference_table('activity');
        perform create_reference_table('people');
        perform create_distributed_table('minute_leaders', 'user_id', colocate_with => 'users');
    end if;
end
$$;
