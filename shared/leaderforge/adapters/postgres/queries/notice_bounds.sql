-- Returns the position before the oldest notice of the log, and the position of the newest notice. Both are null for an
-- empty log.
select
    (select position - size from notice_log where size > 0 order by position limit 1) as before_oldest,
    (select max(position) from notice_log) as newest;
