delete from noticed_tiers where user_id = $1;
