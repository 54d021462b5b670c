-- Position before the oldest notice of the log, and position of the newest one. Both are null for an empty log.
select min(position) - 1 as before_oldest, max(position) as newest from notice_log;
