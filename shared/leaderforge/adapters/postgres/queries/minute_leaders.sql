-- Returns the minute leaders of a board since $2 (ms), latest minutes first, with the scores of their events. Void
-- events are left out.
select l.user_id, l.submission_id, l.submissions, e.score, e.achieved_at
from minute_leaders l
join score_events e on e.user_id = l.user_id and e.board_id = l.board_id and e.submission_id = l.submission_id
where l.board_id = $1 and l.minute >= $2 and not e.void
order by l.minute desc, l.user_id
limit $3;
