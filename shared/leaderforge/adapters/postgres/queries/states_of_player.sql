-- The current states of a player's standings on all boards that keep past standings, as rows of keep_past.sql. An INSERT
-- from this SELECT would not do: Citus would run it on all shards, and the changes of all players would wait for each
-- other until their commits.
select
    s.user_id, s.board_id, s.period_id, s.revision, s.ranked, s.subranked, s.achieved_at, s.submissions, s.hidden,
    s.metadata is not null as has_metadata, s.run_id,
    case when b.segments is not null then coalesce(s.segments, '{}') end as segments
from standings s
join boards b on b.board_id = s.board_id
where s.user_id = $1 and b.moment_days is not null
order by s.board_id, s.period_id;
