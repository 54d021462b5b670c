"""Rolling upgrade of a running product of 0.1.0, and the way back, while clients submit and open the page.

`make test` upgrades a store of 0.1.0 in tests/acceptance/test_upgrade.py, without processes of 0.1.0.
"""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.acceptance.composed import ROOT

FIRST_VERSION = "0116450"
"""Commit of 0.1.0."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Files of 0.1.0, from the history of this repository."""
    archive = subprocess.run(
        ["git", "archive", FIRST_VERSION, "functions", "shared"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode != 0:
        pytest.skip(f"this clone lacks the commit {FIRST_VERSION}, which is 0.1.0: fetch the whole history")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(tmp_path / "0.1.0", filter="data")
    return tmp_path / "0.1.0"


@pytest.mark.long
@pytest.mark.parametrize(("players", "seconds"), [(200, 0.2), (200_000, 8)])
def test_no_request_fails_and_each_acknowledged_submission_counts(
    checkout: Path, tmp_path: Path, players: int, seconds: float
) -> None:
    """Processes of both versions share store and index. At the end, each version finds store and index equal."""
    options = ["--players", str(players), "--seconds", str(seconds), "--out", str(tmp_path / "report.json")]
    command = [sys.executable, "-m", "benchmarks.rolling", str(checkout), *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["wrong_scores"], report["verified"]) == (0, {"before": True, "now": True})
    assert len(report["phases"]) == 5
    for name, phase in report["phases"].items():
        assert phase["failures"] == {}, name
        assert phase["accepted"] > 0, name
        assert phase["pages"] > 0, name
