-- Returns the standings of players as of the revision $4, including removed ones. $5 and $6 are
-- a segment: see past_counts.sql.
--
-- Each standing is the last row of a range of the primary key. With `revision = (select max ...)`, the subquery would run
-- for each state of a player.
select
    p.ranked, p.subranked, p.achieved_at, p.user_id, p.submissions, u.username, u.external_id, p.has_metadata, p.hidden,
    p.segments
from users u
cross join lateral (
    select
        n.ranked, n.subranked, n.achieved_at, n.user_id, n.submissions, n.has_metadata, n.hidden, n.segments
    from past_standings n
    where n.user_id = u.user_id and n.board_id = $1 and n.period_id = $2 and n.revision <= $4
    order by n.revision desc
    limit 1
) p
where u.user_id = any (string_to_array($3, ',')::bigint[])
    and ($5::text is null or p.segments[$6::integer] = $5);
