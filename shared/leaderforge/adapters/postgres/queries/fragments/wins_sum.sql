-- Whether the added run replaces the stored run. A run that changed the sum precedes all others. Of two such runs the
-- later one wins, of two others the earlier one: a factor of -1 reverses their order.
-- Version 0.2 stored subscores without setting `scored`.
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
