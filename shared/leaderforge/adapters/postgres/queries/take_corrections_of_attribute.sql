-- Deletes the corrections of an attribute on a ladder and returns them. See take_corrections.sql.
delete from segment_corrections
where board_id = $1 and period_id = $2 and attribute = $3
returning ranked, subranked, achieved_at, user_id, submissions, revision, until, segment;
