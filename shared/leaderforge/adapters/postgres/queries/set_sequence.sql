-- Parameters: sequence, last value.
select setval($1::text::regclass, $2::bigint);
