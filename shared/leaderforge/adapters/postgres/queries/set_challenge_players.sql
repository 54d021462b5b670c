update challenges set players = $2 where invitation = $1;
