-- Number of notices in the outbox, and the time (ms) of the oldest one.
select count(*) as pending, min(at) as oldest from outbox;
