insert into touches (user_id, recorded_at, revision) values ($1, $2, $3)
on conflict (user_id, recorded_at) do update set revision = greatest(touches.revision, excluded.revision);
