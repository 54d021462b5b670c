-- Returns the tiers of the players $1 in the periods $2 of all boards, as of the last check for notices about tiers.
select user_id, board_id, period_id, tier from noticed_tiers
where user_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[]);
