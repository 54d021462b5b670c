-- Stores the players $4 as the top of a ladder, in place of the players $3 that the caller has read. Changes no row if
-- another process has replaced the players $3 meanwhile.
insert into noticed_tops (board_id, period_id, user_ids)
values ($1, $2, $4)
on conflict (board_id, period_id) do update set user_ids = excluded.user_ids
where noticed_tops.user_ids = $3
returning board_id;
