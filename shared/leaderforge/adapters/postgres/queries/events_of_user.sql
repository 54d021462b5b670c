-- Returns all events of a player. On boards with tiebreakers, the subscore is 0, because the stored subscore only packs
-- numbers that `numbers` has too. The slug of a deleted board is null, because a new board may have the same slug.
select case when not b.deleted then b.slug end as board, e.user_id, e.submission_id, e.score,
    case when b.tiebreakers is null then e.subscore else 0 end as subscore, e.achieved_at, e.received_us, e.recorded_at,
    e.metadata, e.void, e.numbers, b.score_type
from score_events e
left join boards b on b.board_id = e.board_id
where e.user_id = $1
order by e.board_id, e.recorded_at, e.submission_id;
