-- Returns the last position of the log to purge. A purge deletes all rows before the first row since $1 (ms), and all
-- rows before the newest $2 positions. The newest row always stays, because it shows the end of the log.
select coalesce(max(position), 0) as position
from notice_log
where
    size > 0
    and position <= least(
        (select position - size from notice_log where size > 0 order by position desc limit 1),
        greatest(
            coalesce(
                (select position - size from notice_log where at >= $1 and size > 0 order by position limit 1),
                (select max(position) from notice_log)
            ),
            (select max(position) - $2::bigint from notice_log)
        )
    );
