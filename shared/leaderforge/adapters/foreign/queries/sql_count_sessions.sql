-- Number of sessions.
select count(*) as rows from game_sessions
