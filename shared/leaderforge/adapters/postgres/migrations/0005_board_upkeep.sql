-- Background work of board maintenance: periods to backfill from events, and deleted boards to purge.

alter table boards
    add column backfill_kinds text,
    add column backfill_since bigint,
    add column backfill_until bigint,
    add column deleted_at bigint;
