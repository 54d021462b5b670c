-- Returns the number of sessions, which is the number of rows of the table `game_sessions`.
select count(*) as rows from game_sessions
