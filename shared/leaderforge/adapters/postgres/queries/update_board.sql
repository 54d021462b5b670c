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
    subscore_name = $13,
    private = $14,
    open_to_players = $15,
    tiers = $16,
    events = $17,
    tournament = $18,
    rewards = $19,
    rewards_since = $20,
    league = $21,
    backfill_kinds = $22,
    backfill_since = $23,
    backfill_until = $24
where board_id = $1 and not deleted
returning :board_columns;
