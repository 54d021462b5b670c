-- `attributes` of a player is a JSON object. Adding the column does not rewrite the table.

alter table users add column attributes jsonb;
