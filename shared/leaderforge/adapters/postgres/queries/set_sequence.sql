-- Sets the last value of the sequence $1 to $2.
select setval($1::text::regclass, $2::bigint);
