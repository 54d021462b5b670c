-- Returns the standings of players as of the revision $4, including removed ones. $5 and $6 are
-- a segment: see past_counts.sql.
select
    p.ranked, p.subranked, p.achieved_at, p.user_id, p.submissions, u.username, u.external_id, p.has_metadata, p.hidden,
    p.segments
from past_standings p
join users u on u.user_id = p.user_id
where p.board_id = $1 and p.period_id = $2 and p.user_id = any (string_to_array($3, ',')::bigint[])
    and ($5::text is null or p.segments[$6::integer] = $5)
    and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id and n.revision <= $4
    );
