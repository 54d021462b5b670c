-- Scores of boards without a `score_type` lie within +-(2^53 - 1). The database checks this again, because earlier
-- versions leave the check of sums to it. Boards with long scores have ids from 1,000,000,000 (create_board.sql), which
-- tell their rows apart without a further column. Adding a check that is not valid reads no rows, and locks the table
-- for a moment only.

alter table standings add constraint standings_score_range
    check (board_id >= 1000000000 or score between -9007199254740991 and 9007199254740991) not valid;
