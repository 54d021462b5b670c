-- `moment_segments_since` is the first moment (ms) at which the segments of a board can be read. It is null until the
-- present states have their segments.

alter table boards add column moment_segments_since bigint;

-- `segment_checkpoints` has checkpoints of one attribute of a board: `attribute` is its number, from 1. The entries of a
-- ladder are ordered by the digest of their segment, then by their sort key. `keys` consist of both.

create table segment_checkpoints (
    board_id bigint not null,
    period_id bigint not null,
    attribute smallint not null,
    revision bigint not null,
    total bigint not null,
    keys bytea not null,
    above bytea not null,
    primary key (board_id, period_id, attribute, revision)
);

-- `segment_corrections` has the segments of the places in `moment_corrections`. Both are subtracted independently.

create table segment_corrections (
    board_id bigint not null,
    period_id bigint not null,
    attribute smallint not null,
    segment text not null,
    revision bigint not null,
    until bigint,
    ranked bigint not null,
    subranked bigint not null,
    achieved_at bigint not null,
    user_id bigint not null,
    submissions bigint not null,
    primary key (board_id, period_id, attribute, user_id, revision)
);
