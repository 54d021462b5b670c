-- Awards of a period are listed by rank.

create index awards_rank on awards (board_id, period_id, rank, user_id, reward);
