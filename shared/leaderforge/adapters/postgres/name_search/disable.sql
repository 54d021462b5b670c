-- The extension pg_trgm stays, because other objects of the database may use it.

drop index concurrently if exists username_claims_within;

drop index concurrently if exists shared_names_within;
