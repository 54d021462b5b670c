-- What moderators look through: the standings of a ladder that are not listed.
create index standings_hidden on standings (board_id, period_id, user_id) where hidden <> 0;
