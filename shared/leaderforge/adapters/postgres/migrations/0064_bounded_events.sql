-- The same check as that of migration 0063, for the scores of events.

alter table score_events add constraint score_events_score_range
    check (board_id >= 1000000000 or score between -9007199254740991 and 9007199254740991) not valid;
