select count(*) as devices from device_claims where user_id = $1;
