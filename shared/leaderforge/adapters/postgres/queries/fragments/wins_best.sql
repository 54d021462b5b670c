-- Whether the added run replaces the stored run. The better run wins. Of equal runs, the earlier run wins. Of runs with
-- equal times, the run received first wins. A removed standing (bit 4) has no run, therefore the added run replaces it
-- without a comparison.
(standings.hidden & 4 <> 0
        or (excluded.score * excluded.sign, excluded.subranked, excluded.achieved_at, excluded.received_us, excluded.run_id)
        < (standings.ranked, standings.subranked, standings.achieved_at, standings.received_us, standings.run_id))
