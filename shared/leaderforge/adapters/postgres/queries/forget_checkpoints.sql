-- Deletes the checkpoints of a board before the revision $2. On each ladder, the last of these checkpoints stays.
delete from moment_checkpoints c
where c.board_id = $1 and c.revision < (
    select max(n.revision) from moment_checkpoints n
    where n.board_id = c.board_id and n.period_id = c.period_id and n.revision <= $2
);
