-- Sets the columns that may change. Policy, order, subscore order, time zone and minimum of submissions are permanent.
update boards set
    name = $2,
    rank_style = $3,
    min_score = $4,
    max_score = $5,
    max_change = $6,
    min_interval_ms = $7,
    periods = $8,
    season = $9,
    keep_days = $10,
    unit = $11,
    decimals = $12,
    private = $13,
    open_to_players = $14,
    backfill_kinds = $15,
    backfill_since = $16,
    backfill_until = $17
where board_id = $1 and not deleted
returning :board_columns;
