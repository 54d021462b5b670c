"""Shutdown signal hook."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def on_shutdown(callback: Callable[[], None]) -> Iterator[None]:
    """Within the block, run the callback on the event loop when SIGINT or SIGTERM arrives.

    Servers wait for open requests before they end the application's lifespan. A live stream would never end without
    this earlier signal. The existing signal handlers are still called.
    """
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        # Of the loop's methods, only this one is safe in a signal handler. It also wakes an idle loop.
        loop.call_soon_threadsafe(callback)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    # Do nothing in other threads, because Python allows signal handlers in the main thread only.
    chained = [n for n, handler in handlers.items() if callable(handler)] if current_thread() is main_thread() else []
    for number in chained:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number in chained:
            signal.signal(number, handlers[number])
