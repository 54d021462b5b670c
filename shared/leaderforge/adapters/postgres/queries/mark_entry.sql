-- Sets one bit of `hidden` for the player's standings on a board.
update standings
set hidden = (hidden & ~$3::smallint) | $4::smallint, revision = greatest(revision + 1, $5)
where user_id = $1 and board_id = $2;
