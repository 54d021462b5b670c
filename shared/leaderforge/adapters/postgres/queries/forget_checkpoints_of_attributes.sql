-- Deletes the checkpoints of attributes of a board before the revision $2. For each attribute and ladder, the last of
-- these checkpoints stays.
delete from segment_checkpoints c
where c.board_id = $1 and c.revision < (
    select max(n.revision) from segment_checkpoints n
    where n.board_id = c.board_id and n.period_id = c.period_id and n.attribute = c.attribute and n.revision <= $2
);
