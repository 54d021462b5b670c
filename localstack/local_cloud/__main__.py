"""`python -m local_cloud up` and `down`: the cloud deployment on this machine, in the background."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from leaderforge.embedded import AlreadyRunning, ServerFailed
from leaderforge.embedded.files import write_private
from leaderforge.embedded.lock import DirectoryLock
from local_cloud.deployment import DeploymentFailed
from local_cloud.stack import DeploymentKeys, LocalCloud, start

_ROOT = Path(__file__).parents[2]
_SITE = _ROOT / "frontend" / "dist"
_POLL_S = 0.2
"""Pause between two checks for readiness, in s."""
_STOP_S = 60.0
"""Time limit of a shutdown, in s."""


def up(directory: Path) -> int:
    """Start the deployment in the background, and print its log until it is ready. Return an exit code."""
    directory.mkdir(parents=True, exist_ok=True)
    if (pid := _running(directory)) is not None:
        print(f"already running as process {pid}: `make localstack-down` stops it")
        return 1
    log = directory / "cloud.log"
    with log.open("w") as output:
        serving = subprocess.Popen(
            [sys.executable, "-m", "local_cloud", "serve", "--directory", directory],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with log.open() as reader:
        while serving.poll() is None and not (directory / "cloud.json").exists():
            print(reader.read(), end="", flush=True)
            time.sleep(_POLL_S)
        print(reader.read(), end="", flush=True)
    return 0 if serving.poll() is None else 1


def serve(directory: Path) -> int:
    """Run the deployment until SIGTERM. Return an exit code."""
    facts = directory / "cloud.json"
    facts.unlink(missing_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with ExitStack() as running:
            running.callback(DirectoryLock(directory / "cloud.lock").acquire().release)
            running.callback(facts.unlink, missing_ok=True)
            cloud, keys = start(directory, _SITE, running, _say)
            _say(_welcome(cloud, keys))
            write_private(facts, json.dumps(_facts(cloud, keys), indent=2) + "\n")
            signal.pause()
    except (AlreadyRunning, ServerFailed, DeploymentFailed, OSError) as error:
        _say(f"error: {error}")
        return 1
    return 0


def down(directory: Path) -> int:
    """Stop the background process. Return an exit code."""
    pid = _running(directory)
    if pid is None:
        print("nothing is running")
        return 0
    process = psutil.Process(pid)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except psutil.TimeoutExpired:
        print(f"process {pid} did not stop within {_STOP_S:g} s: see {directory / 'cloud.log'}")
        return 1
    print("stopped")
    return 0


def main() -> int:
    """Run a command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local_cloud", description=__doc__)
    parser.add_argument("command", choices=["up", "serve", "down"])
    parser.add_argument(
        "--directory", type=Path, default=_ROOT / ".leaderforge-cloud", help="folder of all data and logs"
    )
    options = parser.parse_args()
    commands = {"up": up, "serve": serve, "down": down}
    return commands[options.command](options.directory.resolve())


def _running(directory: Path) -> int | None:
    """Return the id of the process that serves this directory, None if there is none."""
    lock = DirectoryLock(directory / "cloud.lock")
    try:
        lock.acquire()
    except AlreadyRunning as running:
        return int(str(running.details["pid"]))
    except FileNotFoundError:
        return None
    lock.release()
    return None


def _facts(cloud: LocalCloud, keys: DeploymentKeys) -> dict[str, object]:
    """Return the addresses and keys of the deployment, for `cloud.json`."""
    return {
        "pid": os.getpid(),
        "api": cloud.api,
        "site": cloud.site,
        "submit_key": keys.submit,
        "admin_key": keys.admin,
        "outputs": dict(cloud.stack.outputs),
    }


def _welcome(cloud: LocalCloud, keys: DeploymentKeys) -> str:
    """Return the text that shows addresses and keys."""
    outputs = cloud.stack.outputs
    rows = {
        "Web site": cloud.site,
        "API": cloud.api,
        "Submit": outputs["SubmitUrl"],
        "Queries": outputs["QueriesUrl"],
        "Queue": outputs["QueueUrl"],
        "Submit key": keys.submit,
        "Admin key": keys.admin,
    }
    lines = [f"  {name:<12}{value}" for name, value in rows.items()]
    return "\n".join(["", "LeaderForge is deployed to LocalStack.", "", *lines, "", "`make localstack-down` stops it."])


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
