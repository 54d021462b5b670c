-- Every search for periods to settle reads the settlements in progress, which are few. Writers of `settlements` wait for
-- the index, but submissions do not write there.

create index settlements_unfinished on settlements (board_id, period_id) where settled_at is null;
