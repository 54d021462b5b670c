-- A claim on the spelling of a name has null in `is_look_alike`, because null takes no space in a row. Older rows keep
-- the value false. Nothing is rewritten.

alter table username_claims alter column is_look_alike drop not null, alter column is_look_alike drop default;
