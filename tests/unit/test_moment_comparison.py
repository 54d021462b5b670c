"""Selection of the checkpoints that are compared."""

from collections.abc import Sequence

import pytest

from leaderforge.domain.moments import Moments
from tests.unit.edge_fixtures import Api


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, []),
        (1, [1]),
        (20, range(20, 0, -1)),
        (39, range(39, 0, -2)),
        (41, range(41, 0, -3)),
    ],
)
async def test_compared_checkpoints_are_spread_over_all(
    api: Api, monkeypatch: pytest.MonkeyPatch, count: int, expected: Sequence[int]
) -> None:
    compared = []

    async def checkpoints(_: object) -> Sequence[int]:
        return range(1, count + 1)

    async def is_correct(_: object, revision: int) -> bool:
        compared.append(revision)
        return True

    await api.change_board(moments=Moments(30, 0, 0))
    monkeypatch.setattr(api.services.parts.moments, "checkpoints", checkpoints)
    monkeypatch.setattr(api.services.parts.moments, "is_checkpoint_correct", is_correct)
    assert await api.services.moment_comparison.faults() == []
    assert compared == list(expected)
