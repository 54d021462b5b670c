"""Stop signals of a command. No signal is lost while the command runs."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

import typer

T = TypeVar("T")

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_EXIT_BY_SIGNAL = 128
"""Number to add to the signal's number for the exit code, as shells do."""


class StopSignals:
    """Recorder of SIGINT, SIGTERM and SIGHUP within a block, in the main thread.

    The handler only records the signal. If it raised an exception, this would interrupt the program at an arbitrary
    line. In the callback of a weak reference, Python would even discard the exception.

    A signal wakes the event loop through a socket. Otherwise, if a signal arrives just before the loop waits, the loop
    would handle it only after the wait.

    SIGINT is recorded even if it was ignored, as in background jobs of a shell. SIGHUP stays ignored under nohup.
    """

    def __init__(self, on_repeat: Callable[[signal.Signals], object] | None = None) -> None:
        """Set the function to call, inside the handler, for each signal after the first."""
        self.received: list[signal.Signals] = []
        self._on_repeat = on_repeat
        self._delivered = 0
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._previous_wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._record)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After a stop signal, keep the handlers, because a second signal must not interrupt the interpreter's shutdown.
        if not self.received:
            for number, handler in self._previous.items():
                signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous_wakeup)
        self._reader.close()
        self._writer.close()

    @contextmanager
    def delivered(self, on_signal: Callable[[signal.Signals], object]) -> Iterator[None]:
        """Within the block, call `on_signal` in the running event loop for each signal, including earlier ones."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._reader, self._deliver, on_signal)
        self._deliver(on_signal)
        try:
            yield
        finally:
            loop.remove_reader(self._reader)

    def _deliver(self, on_signal: Callable[[signal.Signals], object]) -> None:
        with suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass
        while self._delivered < len(self.received):
            self._delivered += 1
            on_signal(self.received[self._delivered - 1])

    def _record(self, number: int, frame: FrameType | None) -> None:
        self.received.append(signal.Signals(number))
        if self._on_repeat and len(self.received) > 1:
            self._on_repeat(signal.Signals(number))


def run_until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine and return its result.

    A stop signal cancels the coroutine. Raises `typer.Exit` with 128 + the signal's number after the coroutine has
    ended. A second signal ends the process immediately.
    """
    with StopSignals(_end_process) as signals:
        return asyncio.run(_cancelled_by(signals, work))


async def _cancelled_by(signals: StopSignals, work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.create_task(work)
    with signals.delivered(lambda _: task.cancel()):
        await asyncio.wait([task])
    if task.cancelled() and signals.received:
        raise typer.Exit(_EXIT_BY_SIGNAL + signals.received[0])
    return task.result()


def _end_process(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
