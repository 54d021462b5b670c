-- Stores the former places of an erased player. Checkpoints still count these places. Reads subtract them until
-- maintenance has corrected the checkpoints.
insert into moment_corrections (
    board_id, period_id, revision, until, ranked, subranked, achieved_at, user_id, submissions
)
select board_id, period_id, revision, until, ranked, subranked, achieved_at, user_id, submissions
from (
    select p.*, lead(revision) over (partition by board_id, period_id order by revision) as until
    from past_standings p
    where user_id = $1
) as places
where hidden = 0
on conflict do nothing;
