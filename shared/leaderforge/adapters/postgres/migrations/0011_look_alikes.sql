-- A name with characters that look like others has a second claim, on the key that its look-alikes share. Both keys are
-- in one table, therefore a name and its look-alikes exclude each other. Searches by prefix skip claims with
-- `is_look_alike`. Adding the column does not rewrite the table. `leaderforge claim-names` adds the claims of older
-- names.

alter table username_claims add column is_look_alike boolean not null default false;
