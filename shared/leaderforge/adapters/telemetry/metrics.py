"""Metrics of the product, and the buckets of its histograms."""

from collections.abc import Mapping, Sequence

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of time buckets, in s: from the time of a cached read to the longest time limit."""
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Upper bounds of size buckets, in items."""

MEANINGS: Mapping[str, str] = {
    "announcements_failed": "Announcements of changes that the change feed did not accept. They are retried.",
    "change_feed_connected": "1 while this process receives the change feed, else 0.",
    "change_feed_failures": "Lost or failed connections to the change feed.",
    "changes_announced": "Changes of ladders announced to other processes.",
    "event_attempts_failed": "Failed attempts to deliver an event to an endpoint.",
    "event_failures": "Failed rounds of the delivery of events.",
    "events_dead": "Events that were given up, and wait for a redrive.",
    "events_given_up": "Events that were given up after the last attempt.",
    "events_logged": "Events that left the outbox.",
    "events_oldest_seconds": "Age of the oldest event that an endpoint has not received, in seconds.",
    "events_pending": "Events that wait in the outbox or for an endpoint.",
    "events_sent": "Events that an endpoint accepted.",
    "http_requests": "Answered requests, by method, path template and status.",
    "index_apply_seconds": "Time to apply a batch of standings to the index, in seconds.",
    "index_lag_seconds": "Age of the oldest watermark in seconds: the index is complete up to then.",
    "index_rebuilds": "Rebuilt partitions of the index.",
    "index_updates_deferred": "Standings pending in this process, because the index could not be reached.",
    "index_doubts": "Reasons to catch the index up before it is read, such as a start or a broken connection.",
    "ingest_messages": "Messages received from the submission queue, by result.",
    "metadata_omitted": "Entries shown without metadata, because the store could not be reached.",
    "periods_retired": "Past periods that the index retired.",
    "rank_batch_size": "Players whose ranks were counted in one batch.",
    "requests_shed": "Requests refused because the process was overloaded.",
    "rate_limited": "Throttled requests, by the limited subject: key, player or address.",
    "rate_limits_skipped": "Requests that passed uncounted, because the rate limiter could not be reached.",
    "reads_degraded": "Reads answered by the store, because the index was not available.",
    "boards_purged": "Deleted boards that were purged.",
    "reconcile_failures": "Failed rounds of reconciliation.",
    "standings_backfilled": "Standings computed by backfills of added period kinds.",
    "verification_failures": "Failed rounds of verification.",
    "upkeep_failures": "Failed rounds of board maintenance.",
    "activity_failures": "Failed folds of the activity of boards.",
    "settlement_failures": "Failed rounds of the settlement of periods.",
    "team_failures": "Failed rounds of the update of team scores.",
    "periods_settled": "Settled periods.",
    "standings_differing": "Standings of the current verification pass that differ between index and store.",
    "moment_checkpoints": "Checkpoints of past moments that were added.",
    "moment_checkpoints_repaired": "Checkpoints of past moments that differed from a count.",
    "moment_corrections": "Places of erased players that were subtracted from checkpoints.",
    "moment_failures": "Failed jobs of the maintenance of past moments.",
    "moment_states_added": "Players whose missing past states or segments were added.",
    "standings_mended": "Standings that verification repaired in the index.",
    "standings_verified": "Standings that verification compared.",
    "standings_expired": "Purged standings of expired periods.",
    "stream_listeners": "Connected listeners of live boards.",
    "stream_updates": "Changes sent to the listeners of a live board, counted once for all listeners.",
    "store_record_seconds": "Time to commit a batch of submissions, in seconds.",
    "submit_batch_size": "Submissions of one commit.",
    "top_cache": "Reads of the top entries, by cache hit or miss.",
    "top_merge_seconds": "Time to merge the top entries of all partitions, in seconds.",
    "transaction_seconds": "Duration of function calls, in seconds.",
}
"""Help text of each metric. Outside of the product, each name has the prefix `leaderforge_`."""


def described(name: str) -> tuple[str, str]:
    """Return the name under which a scraper sees a metric, and its meaning."""
    return f"leaderforge_{name}", MEANINGS.get(name, name)


def buckets(name: str) -> Sequence[float]:
    """Return the upper bounds of a histogram's buckets: seconds if the name ends with `_seconds`, otherwise items."""
    return _SECONDS if name.endswith("_seconds") else _SIZES
