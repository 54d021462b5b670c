"""Batches in which items are refused before the call. The call processes all other items. Outcomes have the order of
the items.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.batches import complete, run_in_groups


class Doubling:
    """Batch function: it returns the double of each number as text, followed by `extra`, and records its calls."""

    def __init__(self, *extra: str) -> None:
        self.calls: list[list[int]] = []
        self._extra = extra

    async def __call__(self, numbers: Sequence[int]) -> Sequence[str]:
        self.calls.append(list(numbers))
        return [*(str(2 * number) for number in numbers), *self._extra]


async def no_outcome(_: Sequence[int]) -> Sequence[str]:
    return []


def doubled(item: int | str) -> str:
    """Return the expected outcome of one item, as `Doubling` computes it."""
    return str(2 * item) if isinstance(item, int) else item


@given(st.lists(st.integers() | st.text(max_size=2)))
async def test_due_items_run_together_and_settled_ones_stay(batch: list[int | str]) -> None:
    run, before = Doubling(), list(batch)
    assert list(await complete(batch, int, run)) == list(map(doubled, batch))
    due = [item for item in batch if isinstance(item, int)]
    assert run.calls == ([due] if due else [])
    assert batch == before


@given(st.data())
async def test_groups_run_in_turn_and_outcomes_come_in_the_order_of_the_items(data: st.DataObject) -> None:
    items = data.draw(st.lists(st.integers()))
    order = data.draw(st.permutations(range(len(items))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(items)), max_size=4)))
    bounds = [0, *cuts, len(items)]
    groups = [order[start:end] for start, end in pairwise(bounds)]
    run = Doubling()
    assert list(await run_in_groups(items, groups, run)) == list(map(doubled, items))
    assert run.calls == [[items[i] for i in group] for group in groups]


@pytest.mark.parametrize("run", [Doubling("extra"), no_outcome])
async def test_a_run_must_return_one_outcome_an_item(run: Callable[[Sequence[int]], Awaitable[Sequence[str]]]) -> None:
    with pytest.raises(ValueError, match="outcomes"):
        await complete(["settled", 1, 2], int, run)
    with pytest.raises(ValueError, match="zip"):
        await run_in_groups([1, 2], [[1, 0]], run)


async def test_an_item_in_no_group_is_refused() -> None:
    with pytest.raises(KeyError):
        await run_in_groups([1, 2], [[1]], Doubling())


async def test_an_error_of_a_run_passes() -> None:
    async def fail(_: Sequence[int]) -> Sequence[str]:
        raise RuntimeError("no answer")

    with pytest.raises(RuntimeError, match="no answer"):
        await complete([1], int, fail)
