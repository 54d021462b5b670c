-- The run is the best event, or the earliest of several best ones. The condition repeats: sharing it needs a subquery.
insert into standings (
    user_id, board_id, period_id, sign, score, subranked, achieved_at, run_id, metadata, scored, submissions, revision,
    hidden
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)
on conflict (user_id, board_id, period_id) do update set
    score = case when (excluded.score * excluded.sign, excluded.subranked, excluded.achieved_at, excluded.run_id)
        < (standings.ranked, standings.subranked, standings.achieved_at, standings.run_id)
        then excluded.score else standings.score end,
    subranked = case when (excluded.score * excluded.sign, excluded.subranked, excluded.achieved_at, excluded.run_id)
        < (standings.ranked, standings.subranked, standings.achieved_at, standings.run_id)
        then excluded.subranked else standings.subranked end,
    achieved_at = case when (excluded.score * excluded.sign, excluded.subranked, excluded.achieved_at, excluded.run_id)
        < (standings.ranked, standings.subranked, standings.achieved_at, standings.run_id)
        then excluded.achieved_at else standings.achieved_at end,
    run_id = case when (excluded.score * excluded.sign, excluded.subranked, excluded.achieved_at, excluded.run_id)
        < (standings.ranked, standings.subranked, standings.achieved_at, standings.run_id)
        then excluded.run_id else standings.run_id end,
    metadata = case when (excluded.score * excluded.sign, excluded.subranked, excluded.achieved_at, excluded.run_id)
        < (standings.ranked, standings.subranked, standings.achieved_at, standings.run_id)
        then excluded.metadata else standings.metadata end,
    scored = standings.scored or excluded.scored,
    submissions = standings.submissions + excluded.submissions,
    revision = greatest(standings.revision + 1, excluded.revision),
    hidden = standings.hidden & 3 -- a removed standing is present again
returning
    user_id, score, achieved_at, run_id, metadata, scored, submissions, revision, subranked, hidden, board_id, period_id;
