-- players_on
select user_id from standings where board_id = $1
union
select user_id from score_events where board_id = $1;
