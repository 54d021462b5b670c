-- Locks a player, also against new standings, because the check of their foreign key waits for this lock. lock_user.sql
-- locks without this effect.
select user_id, username, email, created_at, external_id, attributes, hidden from users where user_id = $1 for update;
