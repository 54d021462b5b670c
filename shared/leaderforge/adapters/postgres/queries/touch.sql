insert into touches (user_id, recorded_at) values ($1, $2) on conflict (user_id, recorded_at) do nothing;
