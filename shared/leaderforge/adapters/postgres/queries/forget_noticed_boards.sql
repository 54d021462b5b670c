-- Forgets boards that ask for no notices of closed periods any more.
delete from noticed_boards where not board_id = any (string_to_array($1, ',')::bigint[]);
