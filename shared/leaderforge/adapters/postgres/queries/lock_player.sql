-- Stronger than lock_user.sql: it also keeps out new standings, whose foreign key locks this row.
select user_id, username, email, created_at, external_id, hidden from users where user_id = $1 for update;
