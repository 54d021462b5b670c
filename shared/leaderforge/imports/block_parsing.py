"""Parsing of blocks to score lines, and its distribution over processes."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from leaderforge.imports.blocks import Block
from leaderforge.imports.rows import OpenRow

_FIRST_BLOCKS = 12
"""Blocks that are parsed before further processes start. Starting them takes as long as parsing some 100,000 lines."""
_MAX_OPEN = 1 << 24
"""Maximum characters of a row. A longer row becomes a bad line."""
_MAX_PROCESSES = 2
"""Maximum number of further processes that parse. With more, counting the lines in this process limits the speed."""


class BlockResult(Protocol):
    """Result of parsing a block. An incomplete last row is left out, and `open_row` has its position."""

    @property
    def open_row(self) -> OpenRow | None:
        """Return the position of the incomplete row, None if all rows are complete."""

    @property
    def is_end(self) -> bool:
        """Return whether the table ends in this block, though the text may continue."""


ParsedT = TypeVar("ParsedT", bound=BlockResult)


class ParsedBlock(NamedTuple, Generic[ParsedT]):
    """Block and the result of its parser."""

    block: Block
    result: ParsedT

    @property
    def incomplete(self) -> Block | None:
        """Return the end of the block, from its incomplete row on. None if all rows are complete."""
        return None if self.result.open_row is None else self.block.tail(*self.result.open_row)


def spare_processes() -> int:
    """Return the number of further processes that can parse: one for each further usable core, at most 2."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores - 1, _MAX_PROCESSES)


class BlockProcesses(Generic[ParsedT]):
    """Parser of blocks, in their order. From the 13th block on, `processes` further processes parse.

    `new_parser` creates the parser of a process. `new_parser` must be picklable, and each process calls it once.
    Leaving the context ends the further processes. These processes also end if this process is killed.
    """

    def __init__(self, new_parser: Callable[[], Callable[[Block], ParsedT]], processes: int) -> None:
        self._new_parser = new_parser
        self._processes = processes
        self._executor: ProcessPoolExecutor | None = None
        self._parse = new_parser()

    def __enter__(self) -> "BlockProcesses[ParsedT]":
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def parsed_here(self, block: Block) -> ParsedBlock[ParsedT]:
        """Return a block with its result, parsed in this process."""
        return ParsedBlock(block, self._parse(block))

    def parsed(self, blocks: Iterable[Block]) -> Iterator[ParsedBlock[ParsedT]]:
        """Yield the blocks with their results. Only a few blocks are in memory."""
        iterator = iter(blocks)
        for block in islice(iterator, _FIRST_BLOCKS) if self._processes else iterator:
            yield self.parsed_here(block)
        pending: deque[tuple[Block, Future[ParsedT]]] = deque()
        for block in iterator:
            pending.append((block, self._submit(block)))
            if len(pending) > 2 * self._processes + 1:
                yield self._next(pending)
        while pending:
            yield self._next(pending)

    def _next(self, pending: "deque[tuple[Block, Future[ParsedT]]]") -> ParsedBlock[ParsedT]:
        block, future = pending.popleft()
        try:
            return ParsedBlock(block, future.result())
        except BrokenExecutor:
            # A process was killed, for example for lack of memory. Parse the block here.
            return self.parsed_here(block)

    def _submit(self, block: Block) -> "Future[ParsedT]":
        if self._executor is None:
            # Do not fork, because this process may have threads.
            context = get_context("spawn")
            self._executor = ProcessPoolExecutor(self._processes, context, _start, (self._new_parser,))
        try:
            return self._executor.submit(_parsed, block)
        except BrokenExecutor as error:
            broken: Future[ParsedT] = Future()
            broken.set_exception(error)
            return broken


def complete_blocks(blocks: Iterable[Block], processes: BlockProcesses[ParsedT]) -> Iterator[ParsedBlock[ParsedT]]:
    """Yield the blocks with their results, up to the end of the table. A row that spans blocks is in one result."""
    incomplete: Block | None = None
    for parsed in processes.parsed(blocks):
        # A process cannot detect that its block begins within a row. Parse both parts of the row together.
        complete = parsed if incomplete is None else processes.parsed_here(incomplete.continued(parsed.block))
        incomplete = complete.incomplete
        if incomplete is not None and len(incomplete.text) > _MAX_OPEN:
            complete, incomplete = processes.parsed_here(complete.block._replace(is_last=True)), None
        yield complete
        if complete.result.is_end:
            return


class _Process:
    """State of a process that parses."""

    parser: Callable[[Block], object]


def _start(new_parser: Callable[[], Callable[[Block], object]]) -> None:
    # Ignore Ctrl-C, which reaches all processes of a terminal: the parent ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _Process.parser = new_parser()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _parsed(block: Block) -> Any:
    return _Process.parser(block)
