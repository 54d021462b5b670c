-- Deletes the single notices about a player from the outbox. Bundles stay: the row of a bundle may have the player's
-- id, but the bundle also has notices of other players.
delete from outbox where user_id = $1 and type <> 'bundle';
