-- Replaces entrants that hold_entrants.sql has locked.
insert into entrants (user_id, board_id, period_id, joined_at, number, attempts, first_attempt_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (user_id, board_id, period_id) do update set
    joined_at = excluded.joined_at,
    number = excluded.number,
    attempts = excluded.attempts,
    first_attempt_at = excluded.first_attempt_at;
