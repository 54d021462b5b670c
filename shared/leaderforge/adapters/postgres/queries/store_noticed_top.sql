-- Replaces the players in the top of a ladder, unless another process has replaced them since they were read.
insert into noticed_tops (board_id, period_id, user_ids)
values ($1, $2, $4)
on conflict (board_id, period_id) do update set user_ids = excluded.user_ids
where noticed_tops.user_ids = $3
returning board_id;
