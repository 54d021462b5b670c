-- Serialises submissions of a player whose rules depend on earlier ones. Foreign keys do not wait for this lock.
select user_id from users where user_id = $1 for no key update;
