-- Gives standings without segments the values of their players' attributes $3, and returns the standings. The caller's
-- transaction has inserted the standings, therefore their foreign keys lock the players, and no attribute can change.
-- Both tables have the filter by player. With a filter of one table, Citus would change, and lock, all shards.
update standings s
set segments = segments_of(u.attributes, $3)
from users u
where u.user_id = s.user_id and s.user_id = any (string_to_array($1, ',')::bigint[])
    and u.user_id = any (string_to_array($1, ',')::bigint[]) and s.board_id = $2
    and s.segments is null and u.attributes is not null
returning
    s.user_id, s.score, s.achieved_at, s.run_id, s.metadata, s.scored, s.submissions, s.revision, s.subranked, s.hidden,
    s.received_us, s.segments, s.board_id, s.period_id;
