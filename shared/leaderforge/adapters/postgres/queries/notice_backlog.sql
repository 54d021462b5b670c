-- Returns the number of notices that wait for an endpoint, the time (ms) of the oldest of these notices, and the number
-- of dead letters. All notices beyond an endpoint's position count as waiting, including notices of types and boards
-- that the endpoint does not receive.
select
    (select coalesce(sum(newest.position - e.position), 0)
        from endpoints e, (select coalesce(max(position), 0) as position from notice_log) as newest
        where e.disabled_at is null and newest.position > e.position)::bigint
        + (select count(*) from deliveries where dead_at is null) as pending,
    least(
        (select at from notice_log
            where position > (select min(position) from endpoints where disabled_at is null)
            order by position limit 1),
        (select l.at from notice_log l join deliveries d using (position)
            where d.dead_at is null order by position limit 1)
    ) as oldest,
    (select count(*) from deliveries where dead_at is not null) as dead;
