-- Whether the added run replaces the stored run. The later run wins. Of runs with equal times, the run received last
-- wins. A removed standing (bit 4) has no run, therefore the added run replaces it without a comparison.
(standings.hidden & 4 <> 0
        or (excluded.achieved_at, excluded.received_us, excluded.run_id)
        > (standings.achieved_at, standings.received_us, standings.run_id))
