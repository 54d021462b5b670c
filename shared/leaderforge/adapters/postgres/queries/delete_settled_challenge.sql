-- Deletes the settled challenge that ended first. A challenge is settled if its time for late submissions ended by $1.
-- Concurrent transactions delete different challenges. The condition on `ends_at` only lets the scan of the index stop
-- early. It excludes no row, because it follows from the condition on `late_until`.
delete from challenges
where invitation = any (array(
    select invitation from challenges
    where ends_at <= $1 and late_until <= $1
    order by ends_at, invitation
    limit 1
    for update skip locked
))
returning invitation;
