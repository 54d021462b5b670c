select s.ranked, s.subranked, s.achieved_at, s.user_id, s.submissions, u.username, u.external_id, s.metadata is not null as has_metadata, s.hidden
from standings s
join users u on u.user_id = s.user_id
where s.board_id = $1 and s.period_id = $2 and s.hidden = 0 and ($8::integer <= 1 or s.submissions >= $8)
    and ($9::text is null or s.segments[$10::integer] = $9)
    and (s.ranked, s.subranked, s.achieved_at, s.user_id) < ($3, $4, $5, $6)
order by s.ranked desc, s.subranked desc, s.achieved_at desc, s.user_id desc
limit $7;
