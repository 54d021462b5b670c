-- Leaves of acts on a player, or by it, who did what and when, but neither to whom nor in whose words why.
update audit_log
set user_id = case when user_id = $1 then null else user_id end,
    actor = case when actor = $2 then 'player' else actor end,
    reason = case when user_id = $1 then null else reason end,
    details = case when user_id = $1 then '{"erased": true}'::jsonb else details end
where user_id = $1 or actor = $2;
