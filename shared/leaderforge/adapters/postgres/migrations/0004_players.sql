-- Serves the moderators' listing of hidden standings of a ladder.
create index standings_hidden on standings (board_id, period_id, user_id) where hidden <> 0;
