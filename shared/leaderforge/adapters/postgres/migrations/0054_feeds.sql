-- `feeds` is a JSON list of a board's feeds, which count its submissions on other boards too. It is null without any.

alter table boards add column feeds jsonb;
