"""Being told to stop."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def on_stop(call: Callable[[], None]) -> Iterator[None]:
    """Within the block, call this as soon as the process is told to stop.

    Servers wait for requests to end before they end the application's lifespan, so that a request that never ends by
    itself has to hear of it otherwise. Whoever handles the signals goes on doing so.
    """
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(call)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    chained = [n for n, handler in handlers.items() if callable(handler)] if current_thread() is main_thread() else []
    for number in chained:
        signal.signal(number, told)
    try:
        yield
    finally:
        for number in chained:
            signal.signal(number, handlers[number])
