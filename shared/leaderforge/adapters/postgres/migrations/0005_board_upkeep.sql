-- What is to be done for boards in the background: periods to complete from events, what deleted ones held to remove.

alter table boards
    add column backfill_kinds text,
    add column backfill_since bigint,
    add column backfill_until bigint,
    add column deleted_at bigint;
