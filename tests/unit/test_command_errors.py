"""Errors of the command that are noticed before anything starts. Each is one message with a remedy."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from leaderforge.cli import main


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"COLUMNS": "300", **environment})


def test_a_missing_folder_of_an_export(tmp_path: Path) -> None:
    servers = {"LEADERFORGE_POSTGRES_DSN": "postgresql://127.0.0.1:1/x", "LEADERFORGE_REDIS_NODES": "127.0.0.1:1"}
    ended = run("export", "--out", str(tmp_path / "exports" / "scores.csv"), **servers)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == f"error: there is no folder {tmp_path / 'exports'}: create it, or name another file\n"


def test_a_missing_folder_of_the_page(tmp_path: Path) -> None:
    ended = run("dev", "--site", str(tmp_path / "dist"), "--data-dir", str(tmp_path / "data"))
    assert ended.exit_code == 2
    assert f"{tmp_path / 'dist'} has no index.html: build the page by `make site`" in ended.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("LEADERFORGE_CORS_ORIGIN", "LEADERFORGE_CORS_ORIGIN is not a setting: see docs/settings.md for all settings"),
        ("LEADERFORGE_PARTITION", "LEADERFORGE_PARTITION is not a setting: see docs/settings.md for all settings"),
    ],
)
def test_a_mistyped_variable(tmp_path: Path, name: str, message: str) -> None:
    ended = run("dev", "--port", "0", "--data-dir", str(tmp_path), **{name: "x"})
    assert (ended.exit_code, ended.stdout, ended.stderr) == (1, "", f"error: {message}\n")
    assert not (tmp_path / "postgres").exists()


def test_an_unknown_scope() -> None:
    ended = run("keys", "create", "game", "--scope", "foo")
    assert ended.exit_code == 2
    assert "Invalid value for '--scope': 'foo' is not one of 'read', 'submit', 'set', 'admin'." in ended.stderr


@pytest.mark.parametrize("arguments", [["dev"]])
def test_a_missing_package(arguments: Sequence[str]) -> None:
    script = "import sys; sys.modules['psutil'] = None; from leaderforge.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "error: this command needs the package psutil: install leaderforge[local]\n"
