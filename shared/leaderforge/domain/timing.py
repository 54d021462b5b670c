"""Time budget: limits that several modules or processes rely on, and sums of these limits.

All times are in ms. A limit within one module stays in that module. `tests/unit/test_timing.py` states the
inequalities that correctness depends on, each with its reason.
"""

CLOCK_DIFFERENCE_MS = 2_000
"""Assumed maximum difference between the clocks of two processes. With NTP, it is less than a tenth of this value."""

PAUSE_MS = 3_000
"""Allowance for pauses of a process between its time-limited steps, such as garbage collection on a busy machine."""

MAX_TIMEOUT_MS = 60_000
"""Maximum value of the settings for the time limit of a call to the store or to the index."""

# Caches of the edge -------------------------------------------------------------------------------------------------

CACHE_LIMIT_MS = 5_000
"""Maximum age of cached board settings and API keys in use, while the store answers. The documentation promises it."""

BOARD_FRESH_MS = 2_000
"""Maximum age of a cached board that is used without a refresh. Refreshing a board in use costs a query every 2 s."""

BOARD_STALE_MS = 4_500
"""Age of a cached board from which on callers wait for its refresh. If the refresh fails, submissions are refused."""

BOARD_PATIENCE_MS = 100
"""Maximum wait of a read for the refresh of a stale board. It covers a usual query.

After this time, the read uses the cached board.
"""

KEYS_FRESH_MS = 2_000
"""Maximum age of the cached API keys that are used without a refresh. One query loads all keys."""

KEYS_STALE_MS = 4_000
"""Age of the cached API keys from which on requests wait for the refresh of the keys."""

KEYS_PATIENCE_MS = 500
"""Maximum wait of a request for the refresh of the API keys. Accepting a revoked key is worse than a late answer."""

LADDERS_FRESH_MS = 2_000
"""Maximum age at which a cached list of a board's past periods is used."""

LOOKUP_WAIT_MS = 10_000
"""Maximum wait for a lookup with coalesced queries. It is twice the usual time limit of the store."""

PERIOD_STATE_FRESH_MS = 5_000
"""Maximum age at which a submission uses the cached state of a period (retired or not). Each read costs a query."""

# The way of a submission into the store -----------------------------------------------------------------------------

SUBMISSION_WAIT_MS = 10_000
"""Maximum time from the read of a submission's board to the recording. It covers the batch in flight and the next."""

COMMIT_LIMIT_MS = 5_000
"""Maximum time from the start to the commit of a transaction if other processes wait for it.

The periods of a batch are stored within the same limit before the batch is recorded. Readers of changes also wait for
this time, because an event that is not visible by then will never be committed.
"""

SUBMISSION_MS = SUBMISSION_WAIT_MS + COMMIT_LIMIT_MS
"""Upper bound of the time from the read of a submission's board to the commit of the submission."""

PROPAGATION_MS = COMMIT_LIMIT_MS + CACHE_LIMIT_MS + SUBMISSION_MS + CLOCK_DIFFERENCE_MS + PAUSE_MS
"""Propagation time of a change of a board or period, from the time stored with the change.

The terms are consecutive: the change commits, caches expire, and the last submission under the old state commits. The
clocks of the changing and of the waiting process may differ.
"""

# External ids -------------------------------------------------------------------------------------------------------

MAPPING_MS = 30_000
"""Time for which cached players of external ids are used after a check for released ids. A check costs one query."""

RELEASE_MS = COMMIT_LIMIT_MS + MAPPING_MS + LOOKUP_WAIT_MS + SUBMISSION_MS + CLOCK_DIFFERENCE_MS + PAUSE_MS
"""Time from the stored time of an external id's release until other players may claim the id.

The terms are consecutive: the release commits, cached players expire, the last look-up ends, and the last submission
for the old player commits.
"""

CHECKABLE_MS = RELEASE_MS - COMMIT_LIMIT_MS - CLOCK_DIFFERENCE_MS
"""Maximum time between two checks of cached external ids. The later check still sees all releases in between.

A release that the earlier check missed was written at most `COMMIT_LIMIT_MS` before that check. Each release is visible
for `RELEASE_MS` after it was written.
"""

# Repair of the index ------------------------------------------------------------------------------------------------

SETTLE_MS = COMMIT_LIMIT_MS + CLOCK_DIFFERENCE_MS
"""Minimum age of a watermark. An event of this age is committed, or never will be, even if clocks differ."""

TOUCHES_KEPT_MS = 86_400_000
"""Maximum age of the store's notes of players who changed without an event.

An index with an older watermark lacks such changes, and is therefore rebuilt.

Removed standings of erased players are kept for the same time, to make the index ignore late updates. Still later
updates are not expected: only a process that was frozen for more than a day could send them.
"""

# Belief in the index ------------------------------------------------------------------------------------------------

BELIEF_MS = 1_000
"""Time that a process treats the index as current after it began to read the declarations.

It must be short, because the first submission in an outage of the index waits this long. It must be long enough for
several checks.
"""

BELIEF_RENEWAL_MS = 200
"""Time between checks whether the index is still current, while there are reads."""

DECLARED_READ_MS = 300
"""Time limit of a read of the declarations, shorter than `BELIEF_MS`. A slower store counts as an outage."""

OUTAGE_GAP_MS = 5_000
"""Maximum time between two failed checks that belong to one outage of the store.

It exceeds `BELIEF_MS`, because a busy machine delays checks. If the store answers other processes between the two
checks, this process misses their declarations. The answers of this process are correct nevertheless: the `as_of` in an
answer is the time of the last check that read the declarations.
"""

DECLARATION_WAIT_MS = BELIEF_MS
"""Time that a process waits after its declaration, before it acknowledges submissions.

After this time, each process that treats the index as current has read the declarations after this declaration.
"""

DECLARATION_MS = 10_000
"""Age at which a declaration expires. The process then counts as dead, and a catch-up applies the process's updates."""

DECLARATION_RENEWAL_MS = DECLARATION_MS // 4
"""Age at which a process renews its declaration. Two renewals may fail before the declaration expires."""

# Cached tops and the change feed ------------------------------------------------------------------------------------

ANNOUNCEMENT_SPACING_MS = 100
"""Minimum time between two announcements of a process, which therefore sends at most ten a second."""

ANNOUNCED_WITHIN_MS = 2 * ANNOUNCEMENT_SPACING_MS
"""Maximum time from a change of the index to its announcement: the spacing, and the same time for sending.

The feed confirms that all announcements up to a time have arrived. All changes of the index up to that time minus
this limit are therefore known.
"""

TOP_LIMIT_MS = 30_000
"""Maximum age of a cached top (first entries of a ladder). The maximum limits the effect of a lost announcement."""

# Period rollover ----------------------------------------------------------------------------------------------------

ROLLOVER_EVERY_MS = 60_000
"""Time between two rounds of period rollover, over all processes."""

REPEATED_DROP_MS = 3_600_000
"""Time during which each round deletes a retired period's index keys again, because a late update may restore them."""

# Settlement ---------------------------------------------------------------------------------------------------------

LAST_COUNT_MS = SUBMISSION_MS + CLOCK_DIFFERENCE_MS + PAUSE_MS
"""Time from the end of a period's grace until the last submission that counts in the period is committed.

After this time, the period is settled.
"""


def commit_limit_s(store_timeout_s: float) -> float:
    """Return the time limit (s) of a transaction that other processes wait for. `store_timeout_s` limits a call."""
    return min(store_timeout_s, COMMIT_LIMIT_MS / 1000)


def submission_wait_s(store_timeout_s: float) -> float:
    """Return a submission's maximum wait (s), for the batch in flight and the next. `store_timeout_s` limits a call."""
    return min(2 * store_timeout_s, SUBMISSION_WAIT_MS / 1000)


def top_ttl_ms(top_cache_ms: int) -> int:
    """Return the age (ms) up to which a cached top is valid without the change feed. Operators set `top_cache_ms`."""
    return min(top_cache_ms, TOP_LIMIT_MS)
