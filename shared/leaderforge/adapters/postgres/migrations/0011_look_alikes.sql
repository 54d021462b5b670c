-- A name with characters that look like others has a second claim, on the key of its looks. Both keys are in one table,
-- which makes a name and its look-alikes exclude each other. The column keeps second claims out of searches by prefix.
-- Adding it does not rewrite the table. `leaderforge claim-names` adds the claims of older names.

alter table username_claims add column is_look_alike boolean not null default false;
