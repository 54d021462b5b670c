-- The reception of a standing's run, as in 0010. A separate migration adds it, because a transaction that locks two
-- tables can deadlock with clients, and blocks all clients while it waits. The column exists already in databases that
-- applied 0010 before its release.

alter table standings add column if not exists received_us bigint not null default 0;
