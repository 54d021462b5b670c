-- Deletes the stored progress of boards that no longer ask for notices about closed periods.
delete from noticed_boards where not board_id = any (string_to_array($1, ',')::bigint[]);
