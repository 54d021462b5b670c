-- Trigram indexes over the keys of usernames. They are built without blocking readers or writers. `leaderforge
-- name-search enable` runs this script unless both indexes are valid. An interrupted build leaves an invalid index,
-- which is dropped first.

create extension if not exists pg_trgm;

drop index concurrently if exists username_claims_within;

create index concurrently username_claims_within on username_claims using gin (username_key gin_trgm_ops);

drop index concurrently if exists shared_names_within;

create index concurrently shared_names_within on shared_names using gin (username_key gin_trgm_ops);
