-- Deletes the unclaimed awards of players in a period. Claimed awards stay, as the record of the payloads that were
-- handed out.
delete from awards
where board_id = $1 and period_id = $2 and user_id = any (string_to_array($3, ',')::bigint[])
    and claim_id is null;
