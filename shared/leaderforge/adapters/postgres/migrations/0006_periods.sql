-- When a past period that is not kept any longer became out of reach; what it held is removed after that.

alter table periods add column expired_at bigint;
