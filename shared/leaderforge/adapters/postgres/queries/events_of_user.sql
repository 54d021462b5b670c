-- Returns null as the slug of a deleted board, because a new board may have its former slug.
select b.slug as board, e.user_id, e.submission_id, e.score, e.subscore, e.achieved_at, e.received_us, e.recorded_at,
    e.metadata, e.void
from score_events e
left join boards b on b.board_id = e.board_id and not b.deleted
where e.user_id = $1
order by e.board_id, e.recorded_at, e.submission_id;
