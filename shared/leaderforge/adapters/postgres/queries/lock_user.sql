-- Locks a player while rules that depend on earlier submissions are checked. Other submissions of the player do not
-- wait: the check of their foreign key does not wait for this lock.
select user_id from users where user_id = $1 for no key update;
