delete from deliveries where endpoint_id = $1 and position = any (string_to_array($2, ',')::bigint[]);
