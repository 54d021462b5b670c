select s.ranked, s.subranked, s.achieved_at, s.user_id, s.submissions, u.username, u.external_id, s.metadata is not null as has_metadata, s.hidden, s.segments
from standings s
join users u on u.user_id = s.user_id
where s.board_id = $1 and s.period_id = $2 and s.user_id = any (string_to_array($3, ',')::bigint[])
    and s.submissions > 0 and ($4::text is null or s.segments[$5::integer] = $4);
