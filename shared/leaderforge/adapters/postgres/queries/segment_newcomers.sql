-- Gives those of the standings $4 that have no segments yet the values of their players' attributes $3, and returns the
-- standings. $4 lists the player and the period of each standing. The caller's transaction has inserted the standings,
-- therefore their foreign keys lock the players, and no attribute can change.
-- Both tables have the filter by player. With a filter of one table, Citus would change, and lock, all shards. Citus
-- refuses stable functions of columns here, such as the concatenation of a number and a text, hence `::text`.
update standings s
set segments = segments_of(coalesce(u.attributes, '{}'), $3)
from users u
where u.user_id = s.user_id and s.user_id = any (string_to_array($1, ',')::bigint[])
    and u.user_id = any (string_to_array($1, ',')::bigint[]) and s.board_id = $2
    and s.user_id::text || ' ' || s.period_id::text = any (string_to_array($4, ',')) and s.segments is null
returning
    s.user_id, s.score, s.achieved_at, s.run_id, s.metadata, s.scored, s.submissions, s.revision, s.subranked, s.hidden,
    s.received_us, s.segments, s.board_id, s.period_id;
