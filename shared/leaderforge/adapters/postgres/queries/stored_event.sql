-- Returns the event with a key. `void_in` is returned as text: for an array, the driver would look up the type on each
-- connection.
select
    user_id, submission_id, score, achieved_at, metadata, subscore, received_us, change, void, numbers,
    array_to_string(void_in, ',') as void_in
from score_events
where user_id = $1 and board_id = $2 and submission_id = $3;
