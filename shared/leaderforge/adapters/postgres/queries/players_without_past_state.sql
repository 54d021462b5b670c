-- Returns players whose present standing on the board differs from their latest past state, or whose latest state lacks
-- the segments. A transaction that changes a standing also writes its state, if the board has moments at that time. A
-- removed standing (hidden & 4) needs no state if the player was not listed before.
select distinct s.user_id
from standings s
join boards b on b.board_id = s.board_id
where s.board_id = $1
    and not exists (
        select from past_standings p
        where p.user_id = s.user_id and p.board_id = s.board_id and p.period_id = s.period_id
            and p.revision = s.revision
            and (p.segments is not null or s.segments is null or b.moment_segments_since is null)
    )
    and (
        s.hidden & 4 = 0
        or exists (
            select from past_standings p
            where p.user_id = s.user_id and p.board_id = s.board_id and p.period_id = s.period_id
                and p.hidden & 4 = 0
                and p.revision = (
                    select max(n.revision) from past_standings n
                    where n.user_id = p.user_id and n.board_id = p.board_id and n.period_id = p.period_id
                )
        )
    )
order by s.user_id
limit $2;
