-- Locks links until the commit. Only existing rows can be locked. A missing link is therefore added, and the caller
-- deletes it afterwards. The insert also waits for a concurrent transaction that adds the link. On Citus, that
-- transaction may have committed on another node only.
insert into player_links (user_id, kind, other_id, since)
values ($1, $2, $3, 0)
on conflict (user_id, kind, other_id) do update set since = player_links.since;
