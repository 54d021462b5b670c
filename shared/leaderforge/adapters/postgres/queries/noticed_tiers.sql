-- Returns the last tiers of players in some periods of all boards, as of the last notices about them.
select user_id, board_id, period_id, tier from noticed_tiers
where user_id = any (string_to_array($1, ',')::bigint[]) and period_id = any (string_to_array($2, ',')::bigint[]);
