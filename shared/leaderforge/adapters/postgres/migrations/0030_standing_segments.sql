-- `segments` of a standing has the player's values of the board's attributes, in their order. It is null on boards without
-- segments. Adding the column does not rewrite the table.

alter table standings add column segments text[];
