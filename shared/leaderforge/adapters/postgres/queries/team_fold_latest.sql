-- Returns the latest counting event of each of the players $2 in each team, and the number of counting events. Only
-- events from the player's time in the team count. $3 restricts the result to a team. $4 is the period, $5 and $6 are
-- the bounds of the period. An event that was replaced after the period counts: the least of its numbers in `void_in` is
-- from $7 to $8.
select distinct on (e.user_id, s.team_id)
    e.user_id, s.team_id, e.submission_id as run_id, e.score, e.achieved_at, e.received_us,
    count(*) over of_member as submissions
from score_events e
join team_spans s on s.user_id = e.user_id
where e.board_id = $1 and e.user_id = any (string_to_array($2, ',')::bigint[])
    and ($3::bigint is null or s.team_id = $3)
    and e.achieved_at >= $5 and e.achieved_at < $6
    and e.achieved_at >= s.joined_at and (s.left_at is null or e.achieved_at < s.left_at)
    and (not e.void or (select min(number) from unnest(e.void_in) as number) between $7 and $8)
    and ($4::bigint = any (e.void_in)) is not true
window of_member as (partition by e.user_id, s.team_id)
order by e.user_id, s.team_id, e.achieved_at desc, e.received_us desc, e.submission_id desc;
