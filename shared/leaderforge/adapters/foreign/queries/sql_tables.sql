-- Whether the tables of the plain design exist.
select to_regclass('game_sessions') is not null as sessions, to_regclass('leaderboard') is not null as leaderboard
