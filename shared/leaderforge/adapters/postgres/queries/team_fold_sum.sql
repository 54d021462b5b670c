-- Returns the sum of the counting events of each of the players $2 in each team, and the number of these events. Only
-- events from the player's time in the team count. The other columns belong to the latest event that changed the sum,
-- or to the earliest event if no event changed it. $3 restricts the result to a team. $4 is the period, $5 and $6 are
-- the bounds of the period. An event that was replaced after the period counts: the least of its numbers in `void_in` is
-- from $7 to $8. $9 is the largest magnitude of a sum. The sum of all events of a player is within this magnitude, but
-- the sum of some of the events may exceed the magnitude. The result is therefore clamped.
select distinct on (e.user_id, s.team_id)
    e.user_id, s.team_id, e.submission_id as run_id,
    greatest(-$9::bigint, least($9, sum(e.score) over of_member))::bigint as score,
    e.achieved_at, e.received_us,
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
order by e.user_id, s.team_id,
    e.score = 0 and e.subscore = 0,
    e.achieved_at * case when e.score = 0 and e.subscore = 0 then 1 else -1 end,
    e.received_us * case when e.score = 0 and e.subscore = 0 then 1 else -1 end,
    e.submission_id desc;
