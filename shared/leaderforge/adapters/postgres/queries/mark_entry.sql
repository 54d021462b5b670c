-- Clears the bits $3 of `hidden` in the player's standings on a board, and sets the bits $4. Does not write standings that
-- have these bits already.
update standings
set hidden = (hidden & ~$3::smallint) | $4::smallint, revision = greatest(revision + 1, $5)
where user_id = $1 and board_id = $2 and (hidden & $3::smallint) <> $4::smallint;
