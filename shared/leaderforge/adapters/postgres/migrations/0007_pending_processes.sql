-- Processes with pending index updates, which are committed changes that the index lacks. The table is nearly always
-- empty, and each process reads it several times a second. It is a local table even on Citus, because a reference table
-- cannot be written while a worker is down. Times are from the server's clock, because the clocks of processes may
-- differ.

create table pending_processes (
    process_id uuid primary key,
    declared_at timestamptz not null
);

-- Highest revision of an erased player. A new player with the same id gets higher revisions, even after a clock was set
-- back. Otherwise, the index would ignore the new player's standings.
alter table touches add column revision bigint;
