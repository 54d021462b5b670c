-- Index for the list of hidden standings of a ladder, which moderators read.
create index standings_hidden on standings (board_id, period_id, user_id) where hidden <> 0;
