-- The reception of a standing's run, as in 0010. It is a migration of its own: a transaction that holds the lock of one
-- table and waits for another one can deadlock with clients, and all clients wait meanwhile. The column exists already in
-- databases that applied 0010 before its release.

alter table standings add column if not exists received_us bigint not null default 0;
