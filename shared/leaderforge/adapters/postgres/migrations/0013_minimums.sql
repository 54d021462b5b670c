-- `min_submissions` is the minimum of submissions to be ranked on a board; 1 means none.

alter table boards add column min_submissions integer not null default 1;
