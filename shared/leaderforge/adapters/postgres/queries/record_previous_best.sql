-- Generated from fragments/record.sql and upsert_best.sql by scripts/record_statements.py.
-- Inserts events, and computes the rows of their standings: `upsert_rows`. The next part of the statement, the policy's
-- upsert, writes these rows. $1 to $13 are arrays with one item per standing. An array of one item stands for equal
-- items, and an empty array for nulls. An event has one item for each of its standings. `leads` is true in one of these
-- items only: this item inserts the event. $16 is a JSON object from an event's key to the event's named numbers.
-- Events without named numbers are not in the object. If no event of the batch has named numbers, $16 is null and costs
-- nothing. A batch has at most one event per player and board. Items must be sorted by the key of the standing, which
-- prevents deadlocks.
with items as (
    select
        coalesce(user_id, ($1::bigint[])[1]) as user_id,
        coalesce(board_id, ($2::bigint[])[1]) as board_id,
        coalesce(period_id, ($3::bigint[])[1]) as period_id,
        coalesce(leads, ($4::boolean[])[1]) as leads,
        coalesce(sign, ($5::smallint[])[1]) as sign,
        coalesce(submission_id, ($6::uuid[])[1]) as submission_id,
        coalesce(score, ($7::bigint[])[1]) as score,
        coalesce(subscore, ($8::bigint[])[1]) as subscore,
        coalesce(subranked, ($9::bigint[])[1]) as subranked,
        coalesce(achieved_at, ($10::bigint[])[1]) as achieved_at,
        coalesce(received_us, ($11::bigint[])[1]) as received_us,
        coalesce(metadata, case when cardinality($12::text[]) = 1 then ($12::text[])[1] end) as metadata,
        coalesce(segments, case when cardinality($13::text[]) = 1 then ($13::text[])[1] end) as segments
    from unnest(
        $1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $5::smallint[], $6::uuid[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[]
    ) as i (
        user_id, board_id, period_id, leads, sign, submission_id,
        score, subscore, subranked, achieved_at, received_us, metadata, segments
    )
),
new_events as (
    insert into score_events (
        user_id, board_id, submission_id, score, subscore, achieved_at, received_us, recorded_at, metadata, numbers
    )
    select
        user_id, board_id, submission_id, score, subscore, achieved_at, received_us, $14, metadata::jsonb,
        case when $16::jsonb is not null then $16::jsonb -> (user_id || ' ' || board_id || ' ' || submission_id) end
    from items
    where leads
    on conflict (user_id, board_id, submission_id) do nothing
    returning user_id, board_id
),
-- Locks the standings of all items, and reads them. The lock waits for concurrent submissions of the same players,
-- therefore the read includes their results. The steps are: insert the events, lock the standings, upsert them. A
-- condition on the number of rows of one step makes the next step wait. This condition costs less than a join of the
-- steps. Events come first, as in all writes, which prevents deadlocks. A missing standing cannot be locked: see
-- previous_result.sql.
previous as (
    select s.user_id, s.score, s.achieved_at, s.submissions, s.subranked, s.hidden, s.board_id, s.period_id
    from items
    join standings s using (user_id, board_id, period_id)
    where (select count(*) from new_events) >= 0
    order by s.user_id, s.board_id, s.period_id
    for update of s
),
-- Players who get their first standing on a ladder. The row lock waits for a concurrent action that hides the player,
-- because new standings of a hidden player must be hidden. The lock also waits for a change of the player's attributes,
-- because the values of the attributes are the segments of a new standing. `segments` of an item has the names of these
-- attributes. Without attributes, all values are null, which differs from a standing whose segments are not set.
newcomers as (
    select
        user_id, hidden, coalesce(attributes, '{}') as attributes,
        -- If an erased player had the same id, new revisions must be higher than that player's revisions, even after a
        -- clock was set back.
        (select max(touches.revision) from touches where touches.user_id = users.user_id) as last_revision
    from users
    where user_id in (
        select user_id
        from items
        where (user_id, board_id, period_id) not in (select user_id, board_id, period_id from previous)
    )
    for key share
),
upsert_rows as (
    select
        user_id, board_id, period_id, sign, score, subranked, achieved_at, received_us, submission_id, metadata::jsonb,
        (score, subscore) <> (0, 0), 1, greatest($15::bigint, newcomers.last_revision + 1),
        case when newcomers.hidden then 2 else 0 end, segments_of(newcomers.attributes, items.segments)
    from new_events
    join items using (user_id, board_id)
    left join newcomers using (user_id)
    where (select count(*) from previous) >= 0
    order by user_id, board_id, period_id
),
-- `run_id` is the id of the best event: see fragments/wins_best.sql.
written as (
insert into standings (
    user_id, board_id, period_id, sign, score, subranked, achieved_at, received_us, run_id, metadata, scored,
    submissions, revision, hidden, segments
)
select * from upsert_rows
on conflict (user_id, board_id, period_id) do update set
    score = case when :wins then excluded.score else standings.score end,
    subranked = case when :wins then excluded.subranked else standings.subranked end,
    achieved_at = case when :wins then excluded.achieved_at else standings.achieved_at end,
    received_us = case when :wins then excluded.received_us else standings.received_us end,
    run_id = case when :wins then excluded.run_id else standings.run_id end,
    metadata = case when :wins then excluded.metadata else standings.metadata end,
    scored = standings.scored or excluded.scored,
    submissions = standings.submissions + excluded.submissions,
    revision = greatest(standings.revision + 1, excluded.revision),
    hidden = standings.hidden & 3 -- clears bit 4 (removed): an event restores the standing
returning
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, received_us,
    segments, board_id, period_id
)
-- Returns each written standing with the columns of the previous standing, which are null if there was none. Another
-- batch may insert a standing after this statement has found no previous standing. The previous standing is then
-- unknown. In this case, the condition divides by zero: the server rolls back the whole statement, and the writer
-- repeats the batch. The writer itself could detect this only after the commit, or in a transaction, which costs two
-- round trips. The join is a full join, because the planner can only hash or merge it. For a left join, the planner
-- would expect few rows and compare all pairs. A duplicate submission writes no standing. Its row has null in the
-- written columns.
select
    written.*, previous.score as previous_score, previous.achieved_at as previous_achieved_at,
    previous.submissions as previous_submissions, previous.subranked as previous_subranked,
    previous.hidden as previous_hidden
from written
full join previous using (user_id, board_id, period_id)
where 1 / (written.submissions = 1 or previous.user_id is not null)::int = 1;
