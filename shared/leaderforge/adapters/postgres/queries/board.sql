select board_id, slug, name, policy, direction, rank_style from boards where slug = $1;
