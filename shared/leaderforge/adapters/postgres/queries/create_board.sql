insert into boards (slug, name, policy, direction, rank_style)
values ($1, $2, $3, $4, $5)
on conflict (slug) do nothing
returning board_id, slug, name, policy, direction, rank_style;
