-- Sets one bit of why the player's standings on all boards are not listed.
update standings
set hidden = (hidden & ~$2::smallint) | $3::smallint, revision = greatest(revision + 1, $4)
where user_id = $1;
