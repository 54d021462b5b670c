insert into team_progress (board_id, reached) values ($1, $2)
on conflict (board_id) do update set reached = greatest(team_progress.reached, excluded.reached);
