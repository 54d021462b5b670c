select invitation, board_id, starts_at, ends_at, late_until, max_players, players from challenges where invitation = $1;
