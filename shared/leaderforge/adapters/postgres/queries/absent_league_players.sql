-- Returns the last results of up to $4 absent players of a league, with ids above $3. A player is absent in the period
-- $2 if the player's latest result belongs to an earlier period.
select user_id, group_rank, group_size, movement, next_division
from (
    select distinct on (user_id) user_id, period_id, group_rank, group_size, movement, next_division
    from league_results
    where board_id = $1 and period_id <= $2 and user_id > $3
    order by user_id, period_id desc
) last_results
where period_id < $2 and next_division is not null
order by user_id
limit $4;
