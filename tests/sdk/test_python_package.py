"""The Python SDK: its types are generated from the present document, and its wheel has all modules."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from leaderforge_client import Client, ClientClosed
from scripts.sdk_types import TYPES, python_types
from tests.sdk.drivers import SDK


def test_the_types_are_those_of_the_document() -> None:
    assert python_types() == TYPES.read_text(encoding="utf-8"), "run `npm run api` in frontend/"


def test_the_wheel_has_all_modules(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=SDK / "python", check=True, capture_output=True)
    [wheel] = tmp_path.iterdir()
    modules = {path.name for path in (SDK / "python" / "src" / "leaderforge_client").iterdir() if path.is_file()}
    assert {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "dist-info" not in name} == modules


def test_a_call_after_the_end_says_that_the_client_is_closed(tmp_path: Path) -> None:
    client = Client("http://127.0.0.1:9", queue=tmp_path / "queue")
    client.close()
    client.close()
    with pytest.raises(ClientClosed, match="the client is closed"):
        client.enqueue("board", 5, user_id=7)
