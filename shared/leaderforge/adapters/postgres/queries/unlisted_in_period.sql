-- Looks at every standing, since those that are not listed are in no index: asked once a period.
select user_id from standings where board_id = $1 and period_id = $2 and hidden <> 0 limit $3;
