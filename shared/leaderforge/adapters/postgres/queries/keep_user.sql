-- Prevents the deletion of a player until the commit. Returns no row for an unknown player.
select user_id from users where user_id = $1 for key share;
