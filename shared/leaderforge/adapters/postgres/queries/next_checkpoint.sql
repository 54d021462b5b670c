-- Returns the revision of the change number $5 after the revision $3, up to the revision $4.
select revision
from past_standings
where board_id = $1 and period_id = $2 and revision > $3 and revision <= $4
order by revision
offset $5 - 1 limit 1;
