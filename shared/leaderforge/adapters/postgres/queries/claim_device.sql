insert into device_claims (device, user_id)
values ($1, $2)
on conflict (device) do nothing
returning device;
