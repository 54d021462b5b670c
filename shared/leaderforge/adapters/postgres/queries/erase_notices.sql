-- A bundle may have the player's id, but also has notices of other players.
delete from outbox where user_id = $1 and type <> 'bundle';
