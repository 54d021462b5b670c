-- A claim on the spelling of a name has null in `is_look_alike`, which takes no space in its row. Older rows keep their
-- false. Nothing is rewritten.

alter table username_claims alter column is_look_alike drop not null, alter column is_look_alike drop default;
