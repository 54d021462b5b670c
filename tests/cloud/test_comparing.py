"""Segments, teams, friends, moments, several numbers and feeds through the deployed functions."""

from tests.cloud.calling import Caller
from tests.comparing_calls import make_calls_by


async def test_each_way_to_compare_players(call: Caller) -> None:
    await make_calls_by(call.send)
