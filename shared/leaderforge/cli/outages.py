"""Commands that outlast an outage of the index."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import typer

from leaderforge.domain.errors import IndexBusy, IndexUnavailable
from leaderforge.wiring import Services

T = TypeVar("T")

_FIRST_PATIENCE_S = 10.0
"""Time in s to wait for an index that has never answered. This time is short, because the address may be wrong."""
_PATIENCE_S = 120.0
"""Time in s to wait for an index that answered before. A failover or a restart takes seconds."""
_REPLY_S = 5.0
_PAUSE_S = 0.5
_ATTEMPTS = 10


async def outlast(product: Services, action: Callable[[], Awaitable[T]]) -> T:
    """Run an action and return its result. The action is repeated after an outage of the index, which must be safe.

    Raises `IndexUnavailable` if the index does not answer in time, or the last of `_ATTEMPTS` attempts fails.
    """
    await _await_index(product, _FIRST_PATIENCE_S)
    for _ in range(_ATTEMPTS - 1):
        try:
            return await action()
        except IndexBusy:
            raise
        except IndexUnavailable as error:
            typer.echo(f"{error}; waiting for it", err=True)
            await _await_index(product, _PATIENCE_S)
    return await action()


async def prepare(product: Services) -> None:
    """Rebuild incomplete partitions before a load of scores, because a rebuild afterwards would take longer.

    If the index does not answer, do nothing: after the load, `completed` waits for the index.
    """
    with suppress(IndexUnavailable, TimeoutError):
        async with asyncio.timeout(_REPLY_S):
            await product.parts.index.watermarks()
        await product.maintain.complete()


async def completed(product: Services) -> bool:
    """Deliver this command's pending updates, and rebuild incomplete partitions of the index.

    Do not leave this to an API process or a maintenance worker, because there may be none. Return False if the index
    cannot be reached.
    """

    async def complete() -> None:
        await product.delivery.deliver_pending()
        await product.maintain.complete()

    try:
        await outlast(product, complete)
    except IndexUnavailable:
        return False
    return True


async def _await_index(product: Services, seconds: float) -> None:
    """Return once the index answers. Raises `IndexUnavailable` after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            await product.parts.index.watermarks()
        except IndexUnavailable:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(_PAUSE_S)
        else:
            return
