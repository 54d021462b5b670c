-- Deletes up to $2 challenges that ended before $1. Concurrent purges delete different challenges. The array is
-- necessary: a plan that runs the subquery for each row, as for `in`, would delete more.
delete from challenges
where invitation = any (array(
    select invitation from challenges where ends_at < $1 order by ends_at limit $2 for update skip locked
))
returning invitation;
