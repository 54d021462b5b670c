select board_id, slug, name, policy, direction, rank_style from boards order by board_id;
