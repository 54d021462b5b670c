delete from challenge_players where invitation = any (string_to_array($1, ','));
