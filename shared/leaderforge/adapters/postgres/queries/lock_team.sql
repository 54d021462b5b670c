-- Locks the members of a team until the commit is complete. A lock of the team's row is not enough on Citus: there, the
-- workers commit one after another. The next transaction could then get the row, and not yet see the new row of
-- `team_spans` on another worker.
select pg_advisory_xact_lock(x'7465616d'::integer, hashint8($1));
