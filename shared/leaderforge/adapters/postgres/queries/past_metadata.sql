-- Returns the metadata of the runs that standings had as of the revision $4. See past_rows.sql for the lateral join.
--
-- An event that was recorded (ms) after the state (us) has replaced the run, which had the same id. Its metadata are
-- those of another score.
select e.user_id, e.metadata
from users u
cross join lateral (
    select n.user_id, n.run_id, n.revision
    from past_standings n
    where n.user_id = u.user_id and n.board_id = $1 and n.period_id = $2 and n.revision <= $4
    order by n.revision desc
    limit 1
) p
join score_events e
    on e.user_id = p.user_id and e.board_id = $1 and e.submission_id = p.run_id and e.recorded_at * 1000 <= p.revision
where u.user_id = any (string_to_array($3, ',')::bigint[]) and e.metadata is not null;
