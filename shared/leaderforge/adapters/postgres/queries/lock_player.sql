-- Stronger than lock_user.sql: no standing of the player begins to be while it is held.
select user_id, username, email, created_at, hidden from users where user_id = $1 for update;
