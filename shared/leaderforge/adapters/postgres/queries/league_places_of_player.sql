-- Returns the player's division and group in each period of each league. Settled periods also have the result.
select
    board_id,
    period_id,
    coalesce(result.division, member.division) as division,
    case when result.user_id is null then member.group_number else result.group_number end as group_number,
    result.group_rank,
    result.movement
from (select * from league_members where user_id = $1) as member
full join (select * from league_results where user_id = $1) as result using (board_id, period_id)
order by board_id, period_id;
