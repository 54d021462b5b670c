-- `team` has the rules of a team board as a JSON object. Null means that the board ranks players.

alter table boards add column team jsonb;
