-- Returns the metadata of the runs that standings had as of the revision $4.
select e.user_id, e.metadata
from past_standings p
join score_events e on e.user_id = p.user_id and e.board_id = p.board_id and e.submission_id = p.run_id
where p.board_id = $1 and p.period_id = $2 and p.user_id = any (string_to_array($3, ',')::bigint[])
    and e.metadata is not null and p.revision = (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id and n.revision <= $4
    );
