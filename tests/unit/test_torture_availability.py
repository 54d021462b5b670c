"""Outages that clients of the torture test saw, by nemesis."""

from leaderforge.torture.availability import Availability
from leaderforge.torture.client import Reply
from leaderforge.torture.wire import FAILED


def _reply(status: int, sent: float, came: float) -> Reply:
    return Reply(status, "", None, "", sent, came)


def test_reads_are_down_from_the_first_refusal_of_a_process_to_the_next_answer() -> None:
    availability = Availability()
    for status, sent, came in [(200, 0, 1), (503, 2, 3), (FAILED, 4, 5), (200, 6, 9), (200, 10, 11)]:
        availability.on_read("kill-api", 0, _reply(status, sent, came))
    availability.on_read("kill-api", 1, _reply(200, 6, 8))
    assert availability.reads_down_s == {"kill-api": 7}


def test_writes_are_down_from_the_first_attempt_to_the_acknowledgement() -> None:
    availability = Availability()
    availability.on_write("kill-api", _reply(503, 2, 3), 2)
    availability.on_write("kill-api", _reply(200, 4, 6), 2)
    assert availability.writes_down_s == {"kill-api": 4}
    assert availability.acknowledged == {"kill-api": 1}
