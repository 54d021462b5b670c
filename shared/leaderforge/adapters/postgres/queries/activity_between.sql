-- Returns the activity of each board in each minute, with a row for each leading player: the $3 players with the best
-- scores of the minute, and the players with more than $4 submissions. $5 is the length of a minute in ms.
select board_id, minute, submissions, players, user_id, submission_id, player_submissions
from (
    select
        p.board_id, p.minute, p.user_id, p.submission_id, p.player_submissions,
        (sum(p.player_submissions) over w)::bigint as submissions,
        count(*) over w as players,
        row_number() over (partition by p.board_id, p.minute order by p.ranked, p.user_id) as place
    from (
        select
            e.board_id,
            e.recorded_at / $5::bigint * $5 as minute,
            e.user_id,
            count(*) as player_submissions,
            min(e.score * case b.direction when 'desc' then -1 else 1 end) as ranked,
            (array_agg(
                e.submission_id order by e.score * case b.direction when 'desc' then -1 else 1 end, e.submission_id
            ))[1] as submission_id
        from score_events e
        join boards b on b.board_id = e.board_id
        where e.recorded_at >= $1 and e.recorded_at < $2
        group by e.user_id, e.board_id, e.recorded_at / $5::bigint * $5
    ) p
    window w as (partition by p.board_id, p.minute)
) of_players
where place <= $3 or player_submissions > $4;
