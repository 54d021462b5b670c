-- Returns the periods whose settlements are in progress. The index `settlements_unfinished` has them.
select board_id, period_id from settlements where settled_at is null;
