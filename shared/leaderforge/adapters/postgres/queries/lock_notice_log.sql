-- Serialises the appends until the commit. The positions of the log then have the order of their commits, and a reader
-- that has read up to a position misses none. The key is the bytes of "notices".
select pg_advisory_xact_lock(x'6e6f7469636573'::bigint);
