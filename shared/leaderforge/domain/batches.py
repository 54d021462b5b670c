"""Processing of a batch in parts. The outcomes have the order of the items.

`complete` processes only the items of one type. `run_in_groups` processes one group of items after another.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar, cast

DueT = TypeVar("DueT")
GroupedT = TypeVar("GroupedT")
OutcomeT = TypeVar("OutcomeT")


async def complete(
    batch: Sequence[DueT | OutcomeT], due: type[DueT], run: Callable[[Sequence[DueT]], Awaitable[Sequence[OutcomeT]]]
) -> Sequence[OutcomeT]:
    """Run all items of type `due` together, and return the batch with their outcomes at their positions.

    All other items are outcomes already, and stay. Without an item of type `due`, `run` is not called. Raises
    `ValueError` if `run` does not return one outcome per item.
    """
    due_items = [item for item in batch if isinstance(item, due)]
    if not due_items:
        return cast(Sequence[OutcomeT], batch)
    outcomes = await run(due_items)
    if len(outcomes) != len(due_items):
        raise ValueError(f"{len(due_items)} items were run, but there are {len(outcomes)} outcomes")
    if len(due_items) == len(batch):
        return outcomes
    remaining = iter(outcomes)
    return [next(remaining) if isinstance(item, due) else cast(OutcomeT, item) for item in batch]


async def run_in_groups(
    items: Sequence[GroupedT],
    groups: Iterable[Sequence[int]],
    run: Callable[[Sequence[GroupedT]], Awaitable[Sequence[OutcomeT]]],
) -> Sequence[OutcomeT]:
    """Run the items one group after another, and return all outcomes in the order of the items.

    A group is a sequence of positions. Each position must be in one group. Raises `ValueError` if `run` does not return
    one outcome per item.
    """
    outcomes: dict[int, OutcomeT] = {}
    for positions in groups:
        outcomes |= zip(positions, await run([items[i] for i in positions]), strict=True)
    return [outcomes[i] for i in range(len(items))]
