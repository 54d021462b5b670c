"""`python -m tests.fuzz`: send hostile requests to a server of its own, and report defects."""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory

from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.embedded import PostgresServer, ValkeyCluster
from tests.fuzz.run import FuzzReport, defects_of_log, fuzz
from tests.fuzz.server import fuzzed_server


async def _run(directory: Path, count: int, seed: int) -> tuple[FuzzReport, list[str]]:
    with PostgresServer(directory / "postgres") as postgres, ValkeyCluster(directory / "valkey") as valkey:
        await migrate(postgres.dsn)
        async with fuzzed_server(directory, valkey.addresses, postgres.dsn) as api:
            report = await fuzz(api.url, count, seed)
            if await api.status("/api/health") != 200:
                report.note("health", b"GET /api/health", b"")
        return report, list(defects_of_log(api.process.log))


def main() -> int:
    """Run the fuzzer, print the result, and return 1 if there is a defect."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="number of requests")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32), help="of everything random")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the report there")
    options = parser.parse_args()
    began = time.monotonic()
    with TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o711)  # if root starts the fuzzer, the servers enter the directory as another user
        report, logged = asyncio.run(_run(Path(directory), options.requests, options.seed))
    content = {
        "command": "python -m tests.fuzz",
        "seed": options.seed,
        "requests": options.requests,
        "seconds": round(time.monotonic() - began, 1),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "statuses": dict(sorted(report.statuses.items())),
        "defects": report.defects,
        "log": logged,
    }
    if options.out is not None:
        options.out.write_text(json.dumps(content, indent=1) + "\n")
    sys.stdout.write(json.dumps({**content, "defects": report.defects[:10], "log": logged[:10]}, indent=1) + "\n")
    return 1 if report.defects or logged else 0


if __name__ == "__main__":
    sys.exit(main())
