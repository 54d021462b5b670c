insert into challenges (invitation, board_id, starts_at, ends_at, late_until, max_players, players)
values ($1, $2, $3, $4, $5, $6, $7);
