-- `noticed_places` has the places of players on the ladders of boards with notices about overtaken players, as sort keys.
-- Null means that the player had no visible entry. `seq` is the outbox number of the notice that changed the place. The
-- table is local, even on Citus, because only maintenance writes it.

create table noticed_places (
    board_id bigint not null,
    period_id bigint not null,
    user_id bigint not null,
    place bytea,
    seq bigint not null,
    primary key (board_id, period_id, user_id)
);

create index noticed_places_user_id on noticed_places (user_id);
