-- Deletes the states of standings that newer states had replaced by the revision $3. For the periods in $4, the
-- revisions in $5 apply instead: those of their last checkpoints before, because reads compare with the states of then.
delete from past_standings p
where p.board_id = $1 and p.user_id = any (string_to_array($2, ',')::bigint[])
    and p.revision < (
        select max(n.revision) from past_standings n
        where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id
            and n.revision <= coalesce(
                (
                    select c.revision
                    from unnest(string_to_array($4, ',')::bigint[], string_to_array($5, ',')::bigint[])
                        as c (period_id, revision)
                    where c.period_id = p.period_id
                ),
                $3
            )
    );
