-- Returns the number of sessions, the rows of the table `game_sessions`.
select count(*) as rows from game_sessions
