-- Sets one bit of `hidden` for the player's standings on all boards.
update standings
set hidden = (hidden & ~$2::smallint) | $3::smallint, revision = greatest(revision + 1, $4)
where user_id = $1;
