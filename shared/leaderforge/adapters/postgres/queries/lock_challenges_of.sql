-- Locks the challenges of a player until the commit is complete. A lock of the player's row is not enough on Citus: there,
-- the worker commits first. The next transaction would then get the row, and not yet see the new row of `challenges`.
select pg_advisory_xact_lock(x'6368616c'::integer, hashint8($1));
