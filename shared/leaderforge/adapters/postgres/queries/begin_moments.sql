-- begin_moments
-- Sets the first moment of a board, and the first moment at which its segments can be read, unless they are set.
update boards
set moments_since = coalesce(moments_since, $2), moment_segments_since = coalesce(moment_segments_since, $2)
where board_id = $1 and moments_enabled_at = $3 and moment_days is not null and not deleted
returning board_id;
