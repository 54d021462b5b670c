-- All sessions, the oldest first.
select
  game_sessions.id::text, game_sessions.user_id::text, users.username, game_sessions.score::text, game_sessions.played_at
from game_sessions
left join users on users.id = game_sessions.user_id
order by game_sessions.played_at, game_sessions.id
