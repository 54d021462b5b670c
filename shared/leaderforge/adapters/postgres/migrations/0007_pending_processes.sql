-- Processes that hold committed changes which the index lacks. It is nearly always empty, and read several times a
-- second by each process: a local table, on Citus too, where a reference table could not be written while a worker is
-- down. The times are the server's, so that no process needs another's clock.

create table pending_processes (
    process_id uuid primary key,
    declared_at timestamptz not null
);

-- The highest revision of an erased player. Standings of a later player with the same id begin above it, also if a clock
-- was put back meanwhile: in the index, older updates are told from newer ones by their revisions.
alter table touches add column revision bigint;
