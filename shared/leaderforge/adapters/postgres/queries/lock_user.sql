-- Who holds it judges and records the player's submissions, or hides the player, alone.
select user_id from users where user_id = $1 for no key update;
