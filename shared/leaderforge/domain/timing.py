"""Time budget: the limits that several modules or processes rely on, and the sums of them.

All times are in ms. A limit within one module stays in that module. `tests/unit/test_timing.py` states the inequalities
that correctness rests on, each with its reason.
"""

CLOCK_DIFFERENCE_MS = 2_000
"""Largest allowed difference between the clocks of two processes. NTP keeps machines within a tenth of it."""

PAUSE_MS = 3_000
"""Allowance for pauses of a process between its time-limited steps, such as garbage collection on a busy machine."""

MAX_TIMEOUT_MS = 60_000
"""Upper bound of the settings for the time limit of a call to the store or to the index."""

# Caches of the edge -------------------------------------------------------------------------------------------------

CACHE_LIMIT_MS = 5_000
"""Upper bound of the age of a board or API key in use while the store answers. The documentation promises it."""

BOARD_FRESH_MS = 2_000
"""Age up to which a cached board is used without a refresh. A board then costs half a query a second."""

BOARD_STALE_MS = 4_500
"""Age from which callers wait for the refresh of a board. Submissions are refused if it fails."""

BOARD_PATIENCE_MS = 100
"""Longest wait of a read for a stale board's refresh. It covers a usual query; then the cached board serves."""

KEYS_FRESH_MS = 2_000
"""Age up to which the cached API keys are used without a refresh. One query loads all keys."""

KEYS_STALE_MS = 4_000
"""Age from which requests wait for the refresh of the API keys."""

KEYS_PATIENCE_MS = 500
"""Longest wait of a request for the API keys' refresh. A revoked key matters more than a late answer."""

LADDERS_FRESH_MS = 2_000
"""Age up to which a cached list of a board's past periods is used."""

LOOKUP_WAIT_MS = 10_000
"""Longest wait for a lookup whose queries are coalesced. It is twice the usual time limit of the store."""

PERIOD_STATE_FRESH_MS = 5_000
"""Age up to which a submission uses the cached state (retired or not) of a period. Each state costs a query."""

# The way of a submission into the store -----------------------------------------------------------------------------

SUBMISSION_WAIT_MS = 10_000
"""Longest wait of a submission with its board before it is recorded: for a batch in flight and the next one."""

COMMIT_LIMIT_MS = 5_000
"""Upper bound from the start of a transaction that other processes wait for to its commit.

Before a batch is recorded, its new periods are stored within the same limit. Readers of changes wait this long: an
event that is not visible by then never will be.
"""

SUBMISSION_MS = SUBMISSION_WAIT_MS + COMMIT_LIMIT_MS
"""Upper bound from the moment when a submission gets its board to its commit."""

PROPAGATION_MS = COMMIT_LIMIT_MS + CACHE_LIMIT_MS + SUBMISSION_MS + CLOCK_DIFFERENCE_MS + PAUSE_MS
"""Propagation time of a change of a board or period, from the time written in it.

The change commits, caches expire, and the last submission under the old state commits or never will. The clocks of the
process that changed it and of the one that waits may differ.
"""

# Repair of the index ------------------------------------------------------------------------------------------------

SETTLE_MS = COMMIT_LIMIT_MS + CLOCK_DIFFERENCE_MS
"""Minimum age of a watermark. An older event is committed or never will be, whichever clock recorded it."""

TOUCHES_KEPT_MS = 86_400_000
"""Age up to which the store notes players who changed without an event. A staler index is rebuilt.

It is also the time for which removed standings of erased players keep late updates away. A process that was frozen for
longer than a day is not expected to return.
"""

# Belief in the index ------------------------------------------------------------------------------------------------

BELIEF_MS = 1_000
"""Time for which a process believes the index after it began to read the declarations.

The first submission of an outage waits for it. It leaves room for several checks.
"""

BELIEF_RENEWAL_MS = 200
"""Time between checks of the belief while there are reads."""

DECLARED_READ_MS = 300
"""Time limit of a read of the declarations. A slower store is an outage: a slow check would end the belief."""

OUTAGE_GAP_MS = 5_000
"""Time between two failed checks up to which they count as one outage of the store.

A busy machine delays checks, therefore it is longer than `BELIEF_MS`. A store that answered others in the gap does no
harm: an answer's `as_of` is the last check that read the declarations.
"""

DECLARATION_WAIT_MS = BELIEF_MS
"""Wait of a process between its declaration and its acknowledgement. All beliefs without the declaration end in it."""

DECLARATION_MS = 10_000
"""Age at which a declaration expires: its process counts as dead, and a catch-up takes over its updates."""

DECLARATION_RENEWAL_MS = DECLARATION_MS // 4
"""Age at which a process renews its declaration. Two renewals may fail before it expires."""

# Cached tops and the change feed ------------------------------------------------------------------------------------

ANNOUNCEMENT_SPACING_MS = 100
"""Shortest time between two announcements of a process. It bounds their number to ten a second."""

ANNOUNCED_WITHIN_MS = 2 * ANNOUNCEMENT_SPACING_MS
"""Upper bound of the time from a change of the index to its announcement: the spacing, and as much to send it.

The feed confirms announcements up to a time. Changes of the index are therefore known up to this much earlier.
"""

TOP_LIMIT_MS = 30_000
"""Maximum age of a cached top, also if no change of it was announced. It bounds the harm of a lost announcement."""

# Period rollover ----------------------------------------------------------------------------------------------------

ROLLOVER_EVERY_MS = 60_000
"""Time between two rounds of period rollover, over all processes."""

REPEATED_DROP_MS = 3_600_000
"""Time for which each round drops a retired period again: a late update may have restored its keys."""


def commit_limit_s(store_timeout_s: float) -> float:
    """Return the limit, in s, of a transaction that others wait for, given the limit of a call to the store."""
    return min(store_timeout_s, COMMIT_LIMIT_MS / 1000)


def submission_wait_s(store_timeout_s: float) -> float:
    """Return the longest wait, in s, for the batch in flight and the next one, given the limit of a store call."""
    return min(2 * store_timeout_s, SUBMISSION_WAIT_MS / 1000)


def top_ttl_ms(top_cache_ms: int) -> int:
    """Return the age up to which a top is valid without news of changes, given the setting for it."""
    return min(top_cache_ms, TOP_LIMIT_MS)
