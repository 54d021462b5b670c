delete from challenge_players where invitation in (select invitation from challenges where board_id = $1);
