-- Time at which a past period expired. Its rows are purged later.

alter table periods add column expired_at bigint;
