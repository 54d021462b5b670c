-- Serialises the appends to the log until the commit. Positions are then committed in ascending order: a reader that
-- has read up to a position has missed no lower position. The key of the lock is the bytes of "notices".
select pg_advisory_xact_lock(x'6e6f7469636573'::bigint);
