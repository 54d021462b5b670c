select ranked, subranked, achieved_at, user_id
from standings
where board_id = $1 and period_id = $2 and hidden = 0 and ($4::integer <= 1 or submissions >= $4)
    and ($5::text is null or segments[$6::integer] = $5)
order by ranked, subranked, achieved_at, user_id
offset $3 limit 1;
