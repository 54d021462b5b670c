-- Adds links. The statement waits for a concurrent transaction that adds or deletes the same link. The foreign key
-- locks the player of each link against erasure.
insert into player_links (user_id, kind, other_id, since)
values ($1, $2, $3, $4)
on conflict (user_id, kind, other_id) do nothing;
