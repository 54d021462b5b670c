"""Partial batches: some items of a batch are processed at a time, and all outcomes keep the order of the items.

The items are chosen by their type (`complete`) or by their positions (`run_in_groups`).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

DueT = TypeVar("DueT")
ItemT = TypeVar("ItemT")
OutcomeT = TypeVar("OutcomeT")


async def complete(
    batch: Sequence[DueT | OutcomeT],
    due: type[DueT],
    run: Callable[[Sequence[DueT]], Awaitable[Sequence[OutcomeT]]],
) -> Sequence[OutcomeT]:
    """Run all items of type `due` together, and return the batch with their outcomes at their positions.

    All other items are outcomes already. Without a due item, `run` is not called. Raises `ValueError` if `run` does not
    return one outcome per item.
    """
    positions = [i for i, item in enumerate(batch) if isinstance(item, due)]
    completed: list[Any] = list(batch)
    if positions:
        outcomes = await run([completed[i] for i in positions])
        for position, outcome in zip(positions, outcomes, strict=True):
            completed[position] = outcome
    return completed


async def run_in_groups(
    items: Sequence[ItemT],
    groups: Iterable[Sequence[int]],
    run: Callable[[Sequence[ItemT]], Awaitable[Sequence[OutcomeT]]],
) -> Sequence[OutcomeT]:
    """Run the items one group after another, and return all outcomes in the order of the items.

    A group is a sequence of positions. Each position must be in one group. Raises `ValueError` if `run` does not return
    one outcome per item.
    """
    outcomes: dict[int, OutcomeT] = {}
    for positions in groups:
        outcomes |= zip(positions, await run([items[i] for i in positions]), strict=True)
    return [outcomes[i] for i in range(len(items))]
