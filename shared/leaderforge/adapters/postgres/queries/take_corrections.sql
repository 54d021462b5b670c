-- Deletes the corrections of a ladder and returns them. The rows stay locked until the commit, therefore no other process
-- subtracts them too.
delete from moment_corrections
where board_id = $1 and period_id = $2
returning ranked, subranked, achieved_at, user_id, submissions, revision, until;
