"""Changes that an answer must have, according to its `as_of`."""

from time import monotonic, time

import pytest

from leaderforge.domain.times import time_text
from leaderforge.torture.client import Reply
from leaderforge.torture.readers import promised_since


def reply(as_of: float | None, now: float) -> Reply:
    """Return a response of a request that was sent 10 s ago and answered 8 s ago. `as_of` is in s from `now`."""
    body = {} if as_of is None else {"as_of": time_text(round((time() - monotonic() + now + as_of) * 1000))}
    return Reply(200, "index", body, "", now - 10, now - 8)


@pytest.mark.parametrize(
    ("as_of", "lacks_database", "expected"),
    [
        (None, False, -11),
        (-9, False, -9),  # a change that was acknowledged during the request
        (-30, False, -11),  # the answer promises less than it must have
        (-30, True, -30),
        (-9, True, -9),
        (5, False, -11),  # another clock
    ],
)
def test_an_answer_must_have_the_changes_before_its_time(
    as_of: float | None, lacks_database: bool, expected: float
) -> None:
    now = monotonic()
    since = promised_since(reply(as_of, now), 1, shares_clock=True, lacks_database=lacks_database)
    assert since - now == pytest.approx(expected, abs=0.01)


def test_an_answer_by_another_clock_promises_nothing_by_its_time() -> None:
    now = monotonic()
    since = promised_since(reply(-9, now), 1, shares_clock=False, lacks_database=True)
    assert since - now == pytest.approx(-11, abs=0.01)
