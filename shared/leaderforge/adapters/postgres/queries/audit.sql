-- Returns audit entries, latest first. Each entry has the name of the person who owns the actor's key, or who signed in
-- as the actor.
select
    a.audit_id, a.at, a.actor, a.action, a.board, a.user_id, a.reason, a.details, coalesce(k.person, p.person) as person
from audit_log a
left join api_keys k on a.actor = 'key:' || k.name
left join people p on a.actor = 'oidc:' || p.subject
where ($1::text is null or a.board = $1)
    and ($2::bigint is null or a.user_id = $2)
    and ($3::text is null or a.action = $3)
    and ($4::text is null or a.actor = $4)
    and (a.at, a.audit_id) < ($5, $6)
order by a.at desc, a.audit_id desc
limit $7;
