insert into signing_keys (kid, created_at, created_by) values ($1, $2, $3);
