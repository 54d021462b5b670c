-- Returns the number of states of a ladder after the revision $3, up to $4.
select count(*) as states
from past_standings
where board_id = $1 and period_id = $2 and revision > $3 and revision <= $4;
