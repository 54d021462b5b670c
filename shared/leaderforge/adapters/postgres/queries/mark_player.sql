-- Clears the bits $2 of `hidden` in the player's standings on all boards, and sets the bits $3. Does not write standings
-- that have these bits already.
update standings
set hidden = (hidden & ~$2::smallint) | $3::smallint, revision = greatest(revision + 1, $4)
where user_id = $1 and (hidden & $2::smallint) <> $3::smallint;
