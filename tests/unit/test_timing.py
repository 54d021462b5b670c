"""Time budget: the inequalities on which correctness depends.

`leaderforge.domain.timing` defines the durations. A new value that violates an inequality fails a test here.
"""

import ast
from pathlib import Path

import pytest

from leaderforge.config import VARIABLES, EnvironmentSettings, SettingsError
from leaderforge.domain import timing
from leaderforge.domain.timing import (
    ANNOUNCED_WITHIN_MS,
    ANNOUNCEMENT_SPACING_MS,
    BELIEF_MS,
    BELIEF_RENEWAL_MS,
    BOARD_FRESH_MS,
    BOARD_PATIENCE_MS,
    BOARD_STALE_MS,
    CACHE_LIMIT_MS,
    CHECKABLE_MS,
    CLOCK_DIFFERENCE_MS,
    COMMIT_LIMIT_MS,
    DECLARATION_MS,
    DECLARATION_RENEWAL_MS,
    DECLARATION_WAIT_MS,
    DECLARED_READ_MS,
    KEYS_FRESH_MS,
    KEYS_PATIENCE_MS,
    KEYS_STALE_MS,
    LADDERS_FRESH_MS,
    LAST_COUNT_MS,
    LOOKUP_WAIT_MS,
    MAPPING_MS,
    MAX_TIMEOUT_MS,
    PAUSE_MS,
    PERIOD_STATE_FRESH_MS,
    PROPAGATION_MS,
    RELEASE_MS,
    REPEATED_DROP_MS,
    ROLLOVER_EVERY_MS,
    SETTLE_MS,
    SUBMISSION_MS,
    SUBMISSION_WAIT_MS,
    TOP_LIMIT_MS,
    TOUCHES_KEPT_MS,
    commit_limit_s,
    submission_wait_s,
    top_ttl_ms,
)

REQUIRED = {"LEADERFORGE_REDIS_NODES": "127.0.0.1:1", "LEADERFORGE_POSTGRES_DSN": "postgresql://127.0.0.1:1/none"}
DEFAULTS = EnvironmentSettings.from_environment(REQUIRED)

STORE_TIMEOUTS_S = (0.01, 1.0, DEFAULTS.store_timeout_ms / 1000, 20.0, MAX_TIMEOUT_MS / 1000)
"""Time limits of a call to the store in s: the smallest, the largest, the default, and two others between them."""


class TestChangesOfBoards:
    def test_a_backfill_begins_after_the_last_submission_under_the_old_periods(self) -> None:
        """A backfill counts events that are committed before it. Later submissions must use the added period kind."""
        change_is_committed = COMMIT_LIMIT_MS
        last_use_of_the_old_board = change_is_committed + max(BOARD_STALE_MS, CACHE_LIMIT_MS)
        last_commit = last_use_of_the_old_board + SUBMISSION_WAIT_MS + COMMIT_LIMIT_MS
        assert last_commit + CLOCK_DIFFERENCE_MS + PAUSE_MS <= PROPAGATION_MS

    def test_a_purge_begins_after_the_last_submission_to_the_deleted_board(self) -> None:
        """A purge deletes rows once. An event that is committed after the purge would never be deleted."""
        assert COMMIT_LIMIT_MS + CACHE_LIMIT_MS + SUBMISSION_MS + CLOCK_DIFFERENCE_MS <= PROPAGATION_MS

    @pytest.mark.parametrize("store_timeout_s", STORE_TIMEOUTS_S)
    def test_no_setting_makes_a_submission_slower_than_the_budget(self, store_timeout_s: float) -> None:
        """Operators may raise the store's time limit for bulk reads. Submissions must still end within the budget."""
        limits_s = [limit(store_timeout_s) for limit in (submission_wait_s, commit_limit_s)]
        assert sum(limits_s) * 1000 <= SUBMISSION_MS

    @pytest.mark.parametrize("store_timeout_s", STORE_TIMEOUTS_S)
    def test_a_submission_may_wait_for_two_batches(self, store_timeout_s: float) -> None:
        """A call waits for the batch in flight, then for its own. A slow store would exceed a shorter limit."""
        assert submission_wait_s(store_timeout_s) >= 2 * commit_limit_s(store_timeout_s)

    def test_a_batch_of_submissions_may_wait_for_all_its_boards(self) -> None:
        """A batch may spend the whole wait of a submission on the lookup of its boards. The batch is then recorded at
        once.
        """
        assert LOOKUP_WAIT_MS <= SUBMISSION_WAIT_MS


class TestCaches:
    def test_a_changed_board_is_used_everywhere_within_the_promised_time(self) -> None:
        """A read waits for the refresh of a stale board. Even with this wait, the promised time must be kept."""
        assert BOARD_STALE_MS + BOARD_PATIENCE_MS <= CACHE_LIMIT_MS

    def test_a_revoked_key_is_refused_everywhere_within_the_promised_time(self) -> None:
        """A request waits for the refresh of stale keys. Even with this wait, the promised time must be kept."""
        assert KEYS_STALE_MS + KEYS_PATIENCE_MS <= CACHE_LIMIT_MS

    @pytest.mark.parametrize(("fresh", "stale"), [(BOARD_FRESH_MS, BOARD_STALE_MS), (KEYS_FRESH_MS, KEYS_STALE_MS)])
    def test_a_refresh_has_time_before_callers_wait_for_it(self, fresh: int, stale: int) -> None:
        """When a value is no longer fresh, its refresh in the background should end before the value is stale."""
        assert fresh + COMMIT_LIMIT_MS // 5 <= stale

    def test_the_promise_is_the_one_of_the_documentation(self) -> None:
        """The documentation, the API and the commands promise 5 s."""
        assert CACHE_LIMIT_MS == 5_000


class TestExternalIds:
    def test_nobody_claims_an_id_while_a_process_may_count_for_its_old_player(self) -> None:
        """By a cached mapping, a process may count for the old player. Another player may claim the id only later."""
        last_use = COMMIT_LIMIT_MS + MAPPING_MS
        last_board = last_use + LOOKUP_WAIT_MS
        assert last_board + SUBMISSION_MS + CLOCK_DIFFERENCE_MS + PAUSE_MS <= RELEASE_MS

    def test_a_check_sees_the_notes_of_all_releases_since_the_last_one(self) -> None:
        written_before_the_last_check = COMMIT_LIMIT_MS + CLOCK_DIFFERENCE_MS
        assert written_before_the_last_check + CHECKABLE_MS <= RELEASE_MS
        assert MAPPING_MS + LOOKUP_WAIT_MS < CHECKABLE_MS

    def test_a_slow_lookup_is_no_older_than_a_cached_one(self) -> None:
        """A lookup may take its whole time limit. Even then, its result must not be older than a mapping may be."""
        assert LOOKUP_WAIT_MS <= MAPPING_MS


class TestPeriodRollover:
    def test_keys_are_dropped_after_every_lookup_sees_the_retirement(self) -> None:
        """A reader with a list from before the retirement would take the dropped, empty ladder for an exact answer."""
        retirement_is_committed = COMMIT_LIMIT_MS
        last_use_of_the_old_list = retirement_is_committed + max(LADDERS_FRESH_MS, LOOKUP_WAIT_MS)
        read_of_the_index = 2 * DEFAULTS.index_timeout_ms
        assert last_use_of_the_old_list + read_of_the_index + CLOCK_DIFFERENCE_MS <= PROPAGATION_MS

    def test_keys_are_dropped_after_usual_submissions_see_the_retirement(self) -> None:
        """Submissions of usual duration should see the retirement before the drop.

        A submission that still uses a cached state adds its standing to the dropped period, which must then be dropped
        again.
        """
        usual_time_in_the_index = DEFAULTS.index_timeout_ms
        assert COMMIT_LIMIT_MS + PERIOD_STATE_FRESH_MS + usual_time_in_the_index + CLOCK_DIFFERENCE_MS <= PROPAGATION_MS

    def test_a_period_is_dropped_again_after_the_slowest_update(self) -> None:
        """An update may reach the index after the first drop. Several rounds must follow the slowest update."""
        assert PROPAGATION_MS + MAX_TIMEOUT_MS + 3 * ROLLOVER_EVERY_MS <= REPEATED_DROP_MS

    def test_standings_are_purged_after_cached_tops_of_the_period_have_ended(self) -> None:
        """A cached top that lived longer would show standings that are already purged."""
        assert TOP_LIMIT_MS <= PROPAGATION_MS

    def test_standings_are_purged_after_the_last_late_submission(self) -> None:
        """Even with the longest grace and the shortest retention, the last late score is committed before the purge."""
        day_ms = 86_400_000
        longest_grace_ms = EnvironmentSettings.from_environment(
            REQUIRED | {"LEADERFORGE_LATE_GRACE_MS": str(day_ms)}
        ).late_grace_ms
        shortest_retention_ms = day_ms
        last_commit = longest_grace_ms + SUBMISSION_MS + CLOCK_DIFFERENCE_MS
        assert last_commit <= shortest_retention_ms + PROPAGATION_MS
        with pytest.raises(SettingsError):
            EnvironmentSettings.from_environment(REQUIRED | {"LEADERFORGE_LATE_GRACE_MS": str(day_ms + 1)})


class TestSettlement:
    def test_the_last_submission_of_a_period_is_committed_before_its_settlement(self) -> None:
        """A settlement ranks the committed scores. A score that is committed later would be missing in the results."""
        assert SUBMISSION_MS + CLOCK_DIFFERENCE_MS <= LAST_COUNT_MS


class TestWatermarks:
    def test_no_event_is_committed_behind_a_watermark(self) -> None:
        """Reconciliation reads from the watermark on. It would miss an event that is committed behind the watermark."""
        assert COMMIT_LIMIT_MS + CLOCK_DIFFERENCE_MS <= SETTLE_MS

    def test_a_watermark_of_another_process_is_credible(self) -> None:
        """A process rejects a watermark that is later than its own time minus the commit limit, and rebuilds.

        It must not reject the watermark of a process whose clock is ahead by at most the allowed difference.
        """
        assert SETTLE_MS - CLOCK_DIFFERENCE_MS >= COMMIT_LIMIT_MS

    @pytest.mark.parametrize("store_timeout_s", STORE_TIMEOUTS_S)
    def test_no_setting_lets_a_transaction_commit_behind_a_watermark(self, store_timeout_s: float) -> None:
        """The store's time limit may exceed the commit limit, because recording also obeys the commit limit."""
        assert commit_limit_s(store_timeout_s) * 1000 + CLOCK_DIFFERENCE_MS <= SETTLE_MS

    def test_notes_of_touched_players_outlive_the_settle_time(self) -> None:
        """Reconciliation finds changes without an event by notes. If notes expire in an outage, it must rebuild the
        index.
        """
        assert TOUCHES_KEPT_MS >= 1000 * SETTLE_MS

    def test_no_late_update_outlives_the_removed_standings_of_an_erased_player(self) -> None:
        """Removed standings make the index refuse late updates. Delete them only after the slowest update has ended."""
        assert SUBMISSION_MS + MAX_TIMEOUT_MS + CLOCK_DIFFERENCE_MS <= TOUCHES_KEPT_MS


class TestBelief:
    def test_every_belief_without_the_declaration_has_ended_at_the_acknowledgement(self) -> None:
        """A process must stop treating the index as current before a change that the index lacks is acknowledged."""
        assert BELIEF_MS <= DECLARATION_WAIT_MS

    def test_a_slow_check_renews_the_belief_before_reads_wait_for_it(self) -> None:
        """In the second half of a belief's time, reads wait for a check. The task should renew the belief earlier."""
        assert BELIEF_RENEWAL_MS + DECLARED_READ_MS <= BELIEF_MS / 2

    def test_a_declaration_survives_missed_renewals(self) -> None:
        """An expired declaration causes a catch-up. Therefore a declaration must outlive two failed renewals."""
        assert 3 * DECLARATION_RENEWAL_MS < DECLARATION_MS

    def test_a_declaration_is_renewed_in_time_by_the_maintenance_loop(self) -> None:
        """A declaration must last if the maintenance loop is a tenth of its interval late and the store is slow."""
        longest_gap = DECLARATION_RENEWAL_MS + 1.1 * DEFAULTS.reconcile_ms + DEFAULTS.store_timeout_ms
        assert longest_gap < DECLARATION_MS

    def test_a_declaration_outlives_the_beliefs_that_it_ends(self) -> None:
        """Otherwise, a process that still treats the index as current could miss the declaration."""
        assert DECLARATION_WAIT_MS + DECLARED_READ_MS < DECLARATION_RENEWAL_MS


class TestTops:
    def test_announcements_leave_within_the_time_that_readers_assume(self) -> None:
        """A change waits for up to `ANNOUNCEMENT_SPACING_MS`. The same time must remain to send the announcement."""
        assert 2 * ANNOUNCEMENT_SPACING_MS <= ANNOUNCED_WITHIN_MS

    def test_a_followed_top_lives_longer_than_one_that_is_not(self) -> None:
        """The change feed extends the life of a top up to a limit, which must exceed the TTL without the feed."""
        assert DEFAULTS.top_cache_ms + ANNOUNCED_WITHIN_MS < TOP_LIMIT_MS

    @pytest.mark.parametrize(("setting", "ttl"), [(0, 0), (1000, 1000), (30_000, 30_000), (60_000, 30_000)])
    def test_no_setting_makes_a_top_older_than_the_limit(self, setting: int, ttl: int) -> None:
        assert top_ttl_ms(setting) == ttl <= TOP_LIMIT_MS


class TestSettings:
    @pytest.mark.parametrize("name", ["LEADERFORGE_STORE_TIMEOUT_MS", "LEADERFORGE_INDEX_TIMEOUT_MS"])
    def test_time_limits_above_the_maximum_are_refused(self, name: str) -> None:
        assert str(MAX_TIMEOUT_MS) in VARIABLES[name]
        EnvironmentSettings.from_environment(REQUIRED | {name: str(MAX_TIMEOUT_MS)})
        with pytest.raises(SettingsError, match=name):
            EnvironmentSettings.from_environment(REQUIRED | {name: str(MAX_TIMEOUT_MS + 1)})


class TestTheModule:
    TREE = ast.parse(Path(timing.__file__).read_text(encoding="utf-8"))

    def test_every_time_has_a_docstring_and_its_unit_in_its_name(self) -> None:
        body = self.TREE.body
        times = [(i, node.targets[0]) for i, node in enumerate(body) if isinstance(node, ast.Assign)]
        assert len(times) > 25
        for i, target in times:
            assert isinstance(target, ast.Name)
            assert target.id.endswith("_MS")
            match body[i + 1]:
                case ast.Expr(value=ast.Constant(value=str())):
                    continue
            pytest.fail(f"{target.id} has no docstring")

    def test_sums_are_not_written_as_numbers(self) -> None:
        sums = {"SUBMISSION_MS", "PROPAGATION_MS", "SETTLE_MS", "DECLARATION_WAIT_MS", "DECLARATION_RENEWAL_MS"}
        sums |= {"ANNOUNCED_WITHIN_MS", "RELEASE_MS", "LAST_COUNT_MS", "CHECKABLE_MS"}
        values = {
            node.targets[0].id: node.value
            for node in self.TREE.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        assert {name for name in sums if isinstance(values[name], ast.Constant)} == set()
