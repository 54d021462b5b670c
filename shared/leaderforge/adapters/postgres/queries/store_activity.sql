insert into activity (board_id, minute, submissions, players)
values ($1, $2, $3, $4)
on conflict (board_id, minute) do update set submissions = excluded.submissions, players = excluded.players;
