insert into noticed_places (user_id, board_id, period_id, place, seq)
values ($1, $2, $3, $4, $5)
on conflict (board_id, period_id, user_id) do update set place = excluded.place, seq = excluded.seq
where noticed_places.seq < excluded.seq;
