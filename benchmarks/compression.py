"""Benchmarks of compression: processor time and size of answers, by encoding and level.

    python -m benchmarks.compression --out docs/performance/results/compression.json

Encodings that are not installed are left out: zstd needs the package backports.zstd before Python 3.14, Brotli needs
the package Brotli.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write
from functions.edge.http.compression import GZIP_LEVEL, ZSTD_LEVEL
from functions.edge.wire.entries import render_listing
from leaderforge.domain.boards import Board, Ladder
from leaderforge.services.entries import Entry

Compress = Callable[[bytes], bytes]

SIZES = (10, 50, 200, 1000)
"""Numbers of entries in the compressed answers: the default top, the default page, a long top, the longest page."""
USED = {("gzip", GZIP_LEVEL), ("zstd", ZSTD_LEVEL)}
NOW = 1_795_435_200_000
NAMES = files("leaderforge.cli").joinpath("names.txt").read_text().split()
CARS = ("kart", "van", "bus")


def main(
    rounds: Annotated[int, typer.Option(help="Rounds, of which the best counts: the machine is shared.")] = 7,
    out: Annotated[Path | None, typer.Option(help="File of the raw data.")] = None,
) -> None:
    """Compress answers with every level, and print the cost."""
    random = Random(1)
    contents = {size: answer(size, random) for size in SIZES}
    results = [measured(name, level, compress, contents, rounds) for name, level, compress in forms()]
    Console().print(table(contents, results))
    sizes = {size: len(content) for size, content in contents.items()}
    write({**about("benchmarks.compression"), "uncompressed_bytes": sizes, "results": results}, out)


def answer(size: int, random: Random) -> bytes:
    """Return an answer with entries as games have them: a third with metadata."""
    entries = [
        Entry(
            rank=rank,
            user_id=random.randrange(1, 1_000_000),
            username=f"{random.choice(NAMES)}{random.randrange(10_000)}",
            score=1_000_000 - rank * random.randrange(1, 5),
            submissions=random.randrange(1, 40),
            achieved_at=NOW - random.randrange(1_000_000_000),
            metadata=json.dumps({"car": random.choice(CARS), "level": random.randrange(9)}, separators=(",", ":"))
            if random.random() < 0.3
            else None,
        )
        for rank in range(1, size + 1)
    ]
    return render_listing(Ladder(Board(1, "default", "Default")), entries, 1_000_000).with_as_of(NOW)


def forms() -> Iterator[tuple[str, int, Compress]]:
    """Yield each level of each installed encoding: the encoding's name, the level, and a function that compresses."""
    for level in (1, 2, 3, 4, 6, 9):
        yield "gzip", level, partial(zlib.compress, level=level, wbits=31)
    zstd = _module("compression.zstd") or _module("backports.zstd")
    for level in (1, 2, 3, 6, 9) if zstd else ():
        yield "zstd", level, partial(zstd.ZstdCompressor(level).compress, mode=zstd.ZstdCompressor.FLUSH_FRAME)
    brotli = _module("brotli")
    for level in (0, 1, 2, 3, 4, 5) if brotli else ():
        yield "br", level, partial(brotli.compress, quality=level)


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def measured(name: str, level: int, compress: Compress, contents: Mapping[int, bytes], rounds: int) -> dict[str, Any]:
    """Return the processor time in us per KiB and the compressed size in bytes, both by number of entries."""
    return {
        "encoding": name,
        "level": level,
        "us_per_kib": {
            size: round(min(_microseconds(compress, content) for _ in range(rounds)) * 1024 / len(content), 2)
            for size, content in contents.items()
        },
        "bytes": {size: len(compress(content)) for size, content in contents.items()},
    }


def _microseconds(compress: Compress, content: bytes) -> float:
    """Return the processor time of one call, in us."""
    calls = max(5, 400_000 // len(content))
    begin = time.process_time_ns()
    for _ in range(calls):
        compress(content)
    return (time.process_time_ns() - begin) / calls / 1000


def table(contents: Mapping[int, bytes], results: Sequence[Mapping[str, Any]]) -> Table:
    """Return the results as a table: microseconds per KiB, and the compressed size in percent of the original."""
    shown = Table("encoding, level", *(f"{size} entries, {len(content):,} bytes" for size, content in contents.items()))
    for result in results:
        cells = [
            f"{result['us_per_kib'][size]:.1f} us, {100 * result['bytes'][size] / len(content):.0f} %"
            for size, content in contents.items()
        ]
        is_used = (result["encoding"], result["level"]) in USED
        shown.add_row(f"{result['encoding']} {result['level']}{' (used)' if is_used else ''}", *cells)
    return shown


if __name__ == "__main__":
    typer.run(main)
