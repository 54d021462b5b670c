-- Locks a player while rules that depend on earlier submissions are checked. Submissions without such rules do not
-- wait, because the check of their foreign key does not conflict with this lock.
select user_id from users where user_id = $1 for no key update;
