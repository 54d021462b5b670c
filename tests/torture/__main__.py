"""`python -m tests.torture`: poll the product while its parts fail, and report wrong answers."""

import argparse
import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory

from leaderforge.torture.report import say
from tests.torture.mutations import MUTATIONS
from tests.torture.nemeses import NEMESES
from tests.torture.plan import AWAY_S, LEDGER_WRITERS, PROMISED_S, Plan
from tests.torture.run import run

_SECONDS = 600.0


def main() -> int:
    """Run the checker, print the outcome, and return 1 if any answer was wrong."""
    options = _options()
    mutation = MUTATIONS.get(options.mutation)
    plan = Plan(
        seconds=options.seconds or (inf if options.each else _SECONDS),
        seed=options.seed,
        nodes=options.nodes,
        citus=options.citus,
        nemeses=tuple(options.nemesis or (mutation.nemeses if mutation else ())),
        mutation=options.mutation,
        ledger_writers=mutation.ledger_writers if mutation else LEDGER_WRITERS,
        all_acts=mutation is None,
        until_found=options.until_found,
        settle_s=options.settle,
        each_s=options.each,
        rounds=1 if options.each else None,
        heals=mutation is None,
        promised_s=options.promised,
        away_s=options.away,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # end servers and mounts, as Ctrl-C does
    say(f"seed {plan.seed}")
    before = os.getloadavg()
    with TemporaryDirectory(prefix="torture-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o711)  # if root starts the checker, PostgreSQL enters the directory as another user
        report = asyncio.run(run(plan, Path(directory)))
        if options.logs is not None:
            _copy_logs(Path(directory), options.logs)
    say(report.table(plan.seed))
    if options.report is not None:
        report.save(
            options.report,
            command=" ".join(sys.argv[1:]),
            ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
            load_averages=[before[-1], os.getloadavg()[-1]],
            seed=plan.seed,
            nodes=plan.nodes,
            citus=plan.citus is not None,
        )
    say(f"{report.reads.total()} reads checked, {report.total} violations")
    if report.violations:
        say(f"the first after {report.violations[0].at_s:.1f} s")
    return 1 if report.total else 0


def _copy_logs(source: Path, target: Path) -> None:
    """Copy the logs of the API processes."""
    target.mkdir(parents=True, exist_ok=True)
    for log in source.glob("api-*/api.log"):
        (target / f"{log.parent.name}.log").write_bytes(log.read_bytes())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seconds", type=float, help="how long to run: 600, or as long as takes --each")
    parser.add_argument("--nodes", type=int, choices=(1, 3, 6), default=3, help="nodes of the index")
    parser.add_argument("--citus", metavar="DSN", help="use this Citus cluster; its LeaderForge tables are dropped")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32), help="of everything random")
    parser.add_argument("--nemesis", nargs="+", choices=list(NEMESES), metavar="NAME", help="only these")
    parser.add_argument("--mutation", choices=list(MUTATIONS), metavar="NAME", help="break one promise of the product")
    parser.add_argument("--until-found", action="store_true", help="end at the first violation")
    parser.add_argument("--each", type=float, default=0.0, help="run each nemesis for this many seconds, in one round")
    parser.add_argument("--promised", type=float, default=PROMISED_S, help="seconds within which the index must heal")
    parser.add_argument("--away", type=float, default=AWAY_S, help="seconds for which the receiver of events is away")
    parser.add_argument("--settle", type=float, default=6.0, help="seconds between two nemeses")
    parser.add_argument("--logs", type=Path, metavar="DIRECTORY", help="copy the logs of the API processes there")
    parser.add_argument("--report", type=Path, metavar="FILE.json", help="write everything there, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
