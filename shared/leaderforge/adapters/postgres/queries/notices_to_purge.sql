-- Last position of the log to purge: all notices before the first one since $1 (ms), and all beyond the newest $2.
-- The newest notice always stays, because it shows the end of the log.
select coalesce(least(
    (select max(position) - 1 from notice_log),
    greatest(
        coalesce(
            (select position - 1 from notice_log where at >= $1 order by position limit 1),
            (select max(position) from notice_log)
        ),
        (select max(position) - $2::bigint from notice_log)
    )
), 0) as position;
