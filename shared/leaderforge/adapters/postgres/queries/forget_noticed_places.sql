-- Deletes up to $2 noticed places, except places on the ladders $1 (`board:period`, comma-separated). Returns the
-- players of the deleted places.
delete from noticed_places
where (board_id, period_id, user_id) in (
    select board_id, period_id, user_id
    from noticed_places
    where board_id || ':' || period_id <> all (string_to_array($1, ','))
    limit $2
)
returning user_id;
