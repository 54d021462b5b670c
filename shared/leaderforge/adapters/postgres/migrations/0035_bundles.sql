-- Notices of improved scores are written in bundles, one row for the notices of a batch. A row of the log covers the `size`
-- positions up to its own. `ladders` has the names for the items of a bundle, whose positions are before that of the row.
-- Rows without `ladders` are one notice. If a notice of a bundle waits for an endpoint, it also has a row of its own, which
-- covers no position.

alter table notice_log
    add column size integer not null default 1,
    add column ladders text;
