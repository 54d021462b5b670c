-- Locks the number of entrants of an occurrence until the commit, and returns it.
insert into occurrences (board_id, period_id, entrants)
values ($1, $2, 0)
on conflict (board_id, period_id) do update set entrants = occurrences.entrants
returning entrants;
