select division, group_number from league_members where user_id = $3 and board_id = $1 and period_id = $2;
