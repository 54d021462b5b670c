"""Comparison of streams of submissions with batches over the same number of connections, and with the store alone, in
turns.

    python -m benchmarks.streams --out docs/performance/results/streams.json

Each stream keeps `ahead` lines in flight on its connection. Each connection for batches sends its next batch after the
answer to the previous batch.
"""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
import uvloop
from rich.console import Console

from benchmarks.bench import WARMUP_S, await_reconciliation, cpu_seconds, loaded, product, settle, step, store_alone
from benchmarks.report import about, write

_LINES_A_WRITE = 100


def main(
    players: Annotated[int, typer.Option(help="Players to populate.")] = 1_000_000,
    connections: Annotated[int, typer.Option(help="Connections of streams and of batches.")] = 8,
    ahead: Annotated[int, typer.Option(help="Lines of a connection without a receipt.")] = 2000,
    batch: Annotated[int, typer.Option(help="Submissions in a batch.")] = 500,
    rounds: Annotated[int, typer.Option(help="How often each is measured, in turns.")] = 5,
    seconds: Annotated[int, typer.Option(help="Seconds a round.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure streams and batches of submissions."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-streams-")))
        facts = stack.enter_context(product(directory, []))
        step("populate", ["populate", "--users", str(players), "--sessions", str(players)], directory)
        asyncio.run(settle(facts["postgres"]))
        samples = []
        for _ in range(rounds):
            await_reconciliation(facts)
            result = loaded(
                facts, "batch", facts["api"], players=players, connections=connections, seconds=seconds, batch=batch
            )
            batches = result["rate"] * batch
            batch_us = {part: round(us / batch, 1) for part, us in result["cpu_us"].items()}
            await_reconciliation(facts)
            streams, stream_us = uvloop.run(_streamed(facts, players, connections, ahead, seconds))
            samples.append(
                {
                    "batches": round(batches),
                    "streams": round(streams),
                    "ratio": round(streams / batches, 3),
                    "batches_cpu_us": batch_us,
                    "streams_cpu_us": stream_us,
                }
            )
            Console().print(samples[-1])
        alone = asyncio.run(store_alone(facts["postgres"], players, batch, seconds))
    report: dict[str, Any] = {
        **about("benchmarks.streams"),
        "players": players, "connections": connections, "ahead": ahead, "batch": batch, "seconds": seconds,
        "samples": samples, "ratio": median(sample["ratio"] for sample in samples),
        "store_alone_scores_per_second": round(alone),
    }  # fmt: skip
    Console().print({key: report[key] for key in ("ratio", "store_alone_scores_per_second")})
    write(report, out)


async def _streamed(
    facts: dict[str, Any], players: int, connections: int, ahead: int, seconds: float
) -> tuple[float, dict[str, float]]:
    """Return the receipts per second of all connections after a warm-up, and each part's processor time per receipt
    (us).
    """
    receipts = 0

    async def connection(seed: int) -> None:
        nonlocal receipts
        random, address = Random(seed), urlsplit(facts["api"])
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = f"POST /api/scores/stream HTTP/1.1\r\nHost: {address.netloc}\r\nTransfer-Encoding: chunked\r\n"
        key = f"Authorization: Bearer {facts['submit_key']}\r\nContent-Type: application/x-ndjson\r\n\r\n"
        writer.write(f"{head}{key}".encode())
        await reader.readuntil(b"\r\n\r\n")
        unanswered = 0
        try:
            while True:
                while unanswered <= ahead - _LINES_A_WRITE:
                    writer.write(_chunk(random, players))
                    unanswered += _LINES_A_WRITE
                received = (await reader.read(2**18)).count(b'"submission_id"')
                receipts += received
                unanswered -= received
        finally:
            writer.close()

    tasks = [asyncio.create_task(connection(seed)) for seed in range(connections)]
    await asyncio.sleep(WARMUP_S)
    before, spent, began = receipts, cpu_seconds(facts["pid"]), time.perf_counter()
    await asyncio.sleep(seconds)
    per_second = (receipts - before) / (time.perf_counter() - began)
    used = cpu_seconds(facts["pid"])
    cpu_us = {part: round((used[part] - spent[part]) / max(1, receipts - before) * 1e6, 1) for part in used}
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return per_second, cpu_us


def _chunk(random: Random, players: int) -> bytes:
    lines = b"".join(
        b'{"user_id":%d,"score":%d}\n' % (random.randrange(1, players + 1), random.randrange(1, 101))
        for _ in range(_LINES_A_WRITE)
    )
    return b"%x\r\n%s\r\n" % (len(lines), lines)


if __name__ == "__main__":
    typer.run(main)
