"""Build the images, and run docker-compose.yml on an engine of its own: `make test-compose`."""

import subprocess
import sys

from tests.compose.engine import OFFLINE, Engine, install, missing_requirement, traces
from tests.compose.images import ROOT, build


def main() -> None:
    """Run the test. Skip it visibly where the machine cannot have an engine of its own."""
    missing = missing_requirement()
    if missing is not None:
        print(f"SKIPPED: test-compose needs {missing}")  # noqa: T201 - it is a command
        return
    install()
    engine = Engine(ROOT / "build" / "compose")
    before = traces(engine.directory)
    engine.forget()
    with engine.running(*OFFLINE):
        build(engine)
    # Run the second engine in a network namespace, because its bridges and rules then end with the namespace.
    scenario = [sys.executable, "-m", "tests.compose.scenario", str(engine.directory)]
    code = subprocess.run(["unshare", "--net", *scenario], check=False).returncode
    difference = traces(engine.directory) ^ before
    if difference:
        sys.exit(f"error: links, rules or mounts differ from those before: {difference}")
    if engine.processes():
        sys.exit(f"error: processes of the engine are left: {engine.processes()}")
    sys.exit(code)


if __name__ == "__main__":
    main()
