-- Boards with long scores may have the policy `sum`. A sum beyond 64 bits is an error of the database. -2^63 has 64 bits,
-- but is not a long score: the check of migration 0063 now excludes it. Replacing a check that is not valid reads no
-- rows, and locks the table for a moment only.

alter table standings drop constraint if exists standings_score_range;
alter table standings add constraint standings_score_range
    check (score between -9007199254740991 and 9007199254740991
        or (board_id >= 1000000000 and score > -9223372036854775808)) not valid;
