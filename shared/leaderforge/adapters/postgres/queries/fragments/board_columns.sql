-- All columns of a board, in the order of their values in boards.py. This fragment replaces `:board_columns` in
-- statements.
board_id, slug, name, policy, direction, rank_style, subscore_direction, min_score, max_score, max_change,
min_interval_ms, periods, time_zone, season, keep_days, unit, decimals, subscore_name, private, open_to_players,
min_submissions, tiers, events, tournament, rewards, rewards_since, league, segments, team, moment_days,
moments_enabled_at, moments_since, moment_segments_since, frozen_at, tiebreakers, feeds, score_type,
backfill_kinds, backfill_since, backfill_until, earlier_settings, past_backfills
