-- Returns whether the tables `game_sessions` and `leaderboard` exist.
select to_regclass('game_sessions') is not null as sessions, to_regclass('leaderboard') is not null as leaderboard
