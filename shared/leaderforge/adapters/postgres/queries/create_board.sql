-- Boards with long scores have ids from 1,000,000,000. The database thereby knows the range of a row's score.
insert into boards (
    board_id, slug, name, policy, direction, rank_style, subscore_direction, min_score, max_score, max_change,
    min_interval_ms, periods, time_zone, season, keep_days, unit, decimals, subscore_name, private, open_to_players,
    min_submissions, tiers, events, tournament, rewards, rewards_since, league, segments, team, moment_days,
    moments_enabled_at, moments_since, moment_segments_since, frozen_at, tiebreakers, feeds, score_type
)
values (
    nextval('boards_board_id_seq') + case when $36 = 'int64' then 1000000000 else 0 end, $1, $2, $3, $4, $5, $6, $7,
    $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30,
    $31, $32, $33, $34, $35, $36
)
on conflict (slug) do nothing
returning :board_columns;
