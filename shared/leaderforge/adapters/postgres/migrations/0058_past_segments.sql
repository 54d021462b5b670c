-- `segments` of a past state has the player's values of the board's attributes at that time. It is null in states from
-- before this migration, and on boards without segments. Each index has the states with a value of one attribute.

alter table past_standings add column segments text[];

create index past_standings_segment_1
    on past_standings (board_id, period_id, (segments[1]), ranked, subranked, achieved_at, user_id, revision)
    where hidden = 0 and segments[1] is not null;

create index past_standings_segment_2
    on past_standings (board_id, period_id, (segments[2]), ranked, subranked, achieved_at, user_id, revision)
    where hidden = 0 and segments[2] is not null;

create index past_standings_segment_3
    on past_standings (board_id, period_id, (segments[3]), ranked, subranked, achieved_at, user_id, revision)
    where hidden = 0 and segments[3] is not null;

create index past_standings_segment_4
    on past_standings (board_id, period_id, (segments[4]), ranked, subranked, achieved_at, user_id, revision)
    where hidden = 0 and segments[4] is not null;
