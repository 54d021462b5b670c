delete from outbox
where seq = any (string_to_array($1, ',')::bigint[])
returning seq, type, data;
