-- Deletes rows of the log up to a position, and their deliveries.
delete from notice_log
where position in (select position from notice_log where position <= $1 order by position limit $2)
returning position, size, ladders;
