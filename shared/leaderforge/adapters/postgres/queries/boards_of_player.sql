-- Returns the boards on which the player has a standing, in the order of their slugs. Only the player's standings are
-- read. A frozen board shows a moment, at which the standing may have been neither hidden nor removed.
select :board_columns
from boards
where not deleted and slug collate "C" > $2 and ($3 or not private)
    and (
        board_id in (select board_id from standings where user_id = $1 and submissions > 0 and ($4 or hidden = 0))
        or (frozen_at is not null and board_id in (select board_id from standings where user_id = $1))
    )
order by slug collate "C"
limit $5;
