-- Whether the added run wins: the later one of runs that changed the sum, the earlier one of runs that did not. A factor
-- of -1 reverses the order of the latter. Version 0.2 stored subscores without setting `scored`.
-- A removed standing (4) has no run. Its numbers do not matter.
(standings.hidden & 4 <> 0
        or (
            excluded.scored,
            excluded.achieved_at * (excluded.scored::int * 2 - 1),
            excluded.received_us * (excluded.scored::int * 2 - 1),
            excluded.run_id
        ) > (
            standings.scored or standings.subranked <> 0,
            standings.achieved_at * (excluded.scored::int * 2 - 1),
            standings.received_us * (excluded.scored::int * 2 - 1),
            standings.run_id
        ))
