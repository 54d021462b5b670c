-- Reception of a submission by a process, in us since 1970: it orders events with equal times. 0 in rows of older versions,
-- which keep the order by id. Adding the columns does not rewrite the tables.

alter table score_events add column received_us bigint not null default 0;
alter table standings add column received_us bigint not null default 0;
