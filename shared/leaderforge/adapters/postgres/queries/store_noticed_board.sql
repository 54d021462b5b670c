insert into noticed_boards (board_id, closed_until)
values ($1, $2)
on conflict (board_id) do update set closed_until = greatest(noticed_boards.closed_until, excluded.closed_until);
