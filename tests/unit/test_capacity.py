"""Capacity model, compared with the measurements from which it is derived, and with the page that documents it."""

from pathlib import Path

import pytest

from benchmarks.capacity import LOADS, checked_points, exact_limit, plan, tables
from benchmarks.capacity_model import fitted

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"


def test_the_model_agrees_with_every_measured_point() -> None:
    points = checked_points()
    assert len(points) >= 20
    assert [point for point in points if abs(point.deviation) > 0.2] == []


@pytest.mark.parametrize("part", range(4))
def test_the_page_has_the_computed_tables(part: int) -> None:
    assert tables()[part] in PAGE.read_text(), "run python -m benchmarks.capacity, and copy its output to the page"


def test_a_line_through_points_is_exact() -> None:
    line = fitted([(x, 3 * x + 7) for x in (1.0, 2.0, 50.0)])
    assert (line.slope, line.base) == pytest.approx((3, 7))


def test_no_number_of_nodes_gives_more_exact_ranks_than_each_node_can_count() -> None:
    load = LOADS[0]._replace(submits=1.0, ranks=0.99 * exact_limit())
    assert plan(load).primaries is not None
    assert plan(load._replace(ranks=1.01 * exact_limit())).primaries is None


def test_more_players_need_more_nodes_and_more_submissions_more_cores() -> None:
    load = LOADS[2]
    larger, busier = plan(load._replace(players=1e10)), plan(load._replace(exact=False, submits=5e5, ranks=1.0))
    assert (larger.primaries or 0) > (plan(load).primaries or 0)
    assert (busier.api, busier.store) > (plan(load).api, plan(load).store)
    assert larger.bottleneck == "memory of the index"
