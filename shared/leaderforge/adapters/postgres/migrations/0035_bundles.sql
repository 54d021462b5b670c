-- Notices of improved scores are written in bundles, one row for the notices of a batch. A row of the log covers the
-- `size` positions up to its own position, one for each notice of the bundle. `ladders` has the names of the boards and
-- periods that the items of the bundle refer to. A row without `ladders` is a single notice. If a notice of a bundle
-- waits for an endpoint, it also has a row of its own, which covers no position.

alter table notice_log
    add column size integer not null default 1,
    add column ladders text;
