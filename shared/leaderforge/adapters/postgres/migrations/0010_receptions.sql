-- `received_us` is the time of reception by a process, in us since 1970. It orders events with equal times. It is 0 in
-- rows of older versions, which remain ordered by id. `void_in` contains the periods in which a moderator has voided
-- the event, null if there are none. Adding the columns does not rewrite the table.

alter table score_events
    add column received_us bigint not null default 0,
    add column void_in bigint[];
