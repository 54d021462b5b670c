insert into noticed_tiers (user_id, board_id, period_id, tier, revision)
values ($1, $2, $3, $4, $5)
on conflict (user_id, board_id, period_id) do update set tier = excluded.tier, revision = excluded.revision
where noticed_tiers.revision < excluded.revision;
