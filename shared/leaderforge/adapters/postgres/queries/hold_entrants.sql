-- Locks entrants until the commit, and returns them. For a player who has not joined, it adds a row without a number.
insert into entrants (user_id, board_id, period_id)
values ($1, $2, $3)
on conflict (user_id, board_id, period_id) do update set attempts = entrants.attempts
returning user_id, board_id, period_id, joined_at, number, attempts, first_attempt_at;
