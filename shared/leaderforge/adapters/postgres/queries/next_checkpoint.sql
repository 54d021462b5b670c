-- Counts the changes after the revision $3, and returns the revision of change number $5. Returns no row if this
-- revision would be above $4.
select revision
from past_standings
where board_id = $1 and period_id = $2 and revision > $3 and revision <= $4
order by revision
offset $5 - 1 limit 1;
