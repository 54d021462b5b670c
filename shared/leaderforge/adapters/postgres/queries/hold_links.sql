-- Locks links until the commit, also those that a concurrent transaction is about to add: on Citus, it may have committed
-- on another node only. A missing link is added, and the caller deletes it.
insert into player_links (user_id, kind, other_id, since)
values ($1, $2, $3, 0)
on conflict (user_id, kind, other_id) do update set since = player_links.since;
