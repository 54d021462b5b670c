-- Index for the list of a period's awards by rank.

create index awards_rank on awards (board_id, period_id, rank, user_id, reward);
