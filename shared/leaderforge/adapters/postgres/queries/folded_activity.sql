-- Returns the last folded minute, null before the first fold.
select max(minute) as minute from activity where board_id = $1;
