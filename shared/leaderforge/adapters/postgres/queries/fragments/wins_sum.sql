-- Whether the added run replaces the stored run. A run that changed the sum wins over a run that did not. Of two runs
-- that changed the sum, the later run wins. Of two runs that did not change the sum, the factor -1 lets the earlier run
-- win. Version 0.2 stored subscores without setting `scored`, therefore a stored subscore counts as `scored`. A removed
-- standing (bit 4) has no run, therefore the added run replaces it without a comparison.
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
