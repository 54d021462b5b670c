-- Anonymises the audit entries of the player $1, whose text as an actor is $2. Entries about the player lose the
-- player, the reason and the details. Entries by the player lose the actor. Action and time stay.
update audit_log
set user_id = case when user_id = $1 then null else user_id end,
    actor = case when actor = $2 then 'player' else actor end,
    reason = case when user_id = $1 then null else reason end,
    details = case when user_id = $1 then '{"erased": true}'::jsonb else details end
where user_id = $1 or actor = $2;
