delete from endpoints where endpoint_id = $1 returning endpoint_id;
