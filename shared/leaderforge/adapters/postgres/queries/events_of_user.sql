-- On boards with tiebreakers, the subscore packs numbers that `numbers` has too. Returns 0 instead.
-- Returns null as the slug of a deleted board, because a new board may have its former slug.
select case when not b.deleted then b.slug end as board, e.user_id, e.submission_id, e.score,
    case when b.tiebreakers is null then e.subscore else 0 end as subscore, e.achieved_at, e.received_us, e.recorded_at,
    e.metadata, e.void, e.numbers
from score_events e
left join boards b on b.board_id = e.board_id
where e.user_id = $1
order by e.board_id, e.recorded_at, e.submission_id;
