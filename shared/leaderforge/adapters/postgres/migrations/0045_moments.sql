-- Settings of boards whose past standings are kept. `moments_since` is the first moment that can be read, null until the
-- existing standings are copied. Times are in ms.

alter table boards
    add column moment_days integer,
    add column moments_enabled_at bigint,
    add column moments_since bigint,
    add column frozen_at bigint;
