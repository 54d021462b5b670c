-- Stores the former places of an erased player in segments. See correct_checkpoints.sql.
insert into segment_corrections (
    board_id, period_id, attribute, segment, revision, until, ranked, subranked, achieved_at, user_id, submissions
)
select
    board_id, period_id, attribute, segment, revision, until, ranked, subranked, achieved_at, user_id, submissions
from (
    select p.*, lead(revision) over (partition by board_id, period_id order by revision) as until
    from past_standings p
    where user_id = $1
) as places
cross join unnest(segments) with ordinality as s (segment, attribute)
where hidden = 0 and segment is not null
on conflict do nothing;
