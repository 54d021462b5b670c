-- Deletes each state of a standing that a newer state replaced at the revision $3 or earlier. For the periods in $4,
-- the revisions in $5 take the place of $3. Each revision in $5 is the revision of the period's last checkpoint before
-- $3. Reads start from this checkpoint, add up the changes since, and therefore need the states as of its revision.
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
