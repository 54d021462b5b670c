select user_id from device_claims where device = $1;
