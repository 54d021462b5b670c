-- Minimum of submissions to be ranked on a board. 1 means none. Adding the column does not rewrite the table.

alter table boards add column min_submissions integer not null default 1;
