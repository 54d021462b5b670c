-- Stores the former places of an erased player. Checkpoints still count these places. Reads subtract them until
-- maintenance has corrected the checkpoints.
--
-- Hidden states are not counted, but a checkpoint may have the key of an earlier state that is deleted already. The row
-- of a hidden state is valid at no revision. This row only names the player whose keys must be removed.
insert into moment_corrections (
    board_id, period_id, revision, until, ranked, subranked, achieved_at, user_id, submissions
)
select
    board_id, period_id, revision, case when hidden = 0 then until else revision end,
    ranked, subranked, achieved_at, user_id, submissions
from (
    select p.*, lead(revision) over (partition by board_id, period_id order by revision) as until
    from past_standings p
    where user_id = $1
) as places
on conflict do nothing;
