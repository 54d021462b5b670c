-- Deletes the challenge that ended first, of those whose late submissions ended up to $1. Concurrent transactions delete
-- different ones. No challenge ends after its late submissions: the first condition lets the index stop the scan.
delete from challenges
where invitation = any (array(
    select invitation from challenges
    where ends_at <= $1 and late_until <= $1
    order by ends_at, invitation
    limit 1
    for update skip locked
))
returning invitation;
