-- Returns the periods in which the player has a standing: all-time first, then from the latest on. Only the player's
-- rows are read, on Citus from a single node. Each row repeats the player's external id, which saves a statement.
select s.period_id, s.hidden <> 0 as hidden, p.retired_at is not null as retired,
    (select external_id from users where user_id = $1) as external_id
from standings s
left join periods p on p.board_id = s.board_id and p.period_id = s.period_id
where s.user_id = $1 and s.board_id = $2 and s.submissions > 0 and p.expired_at is null
order by s.period_id = 0 desc, s.period_id desc
limit $3;
