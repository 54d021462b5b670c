-- `min_submissions` is the number of submissions from which on a player has an entry on a board. 1 means no minimum.

alter table boards add column min_submissions integer not null default 1;
