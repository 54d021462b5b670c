"""Errors that `leaderforge` commands find before they start anything. Each is one message with a remedy."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from leaderforge.adapters.redis.scaling.nodes import ScalingFailed, resolved
from leaderforge.cli import main
from leaderforge.cli.counts import counted
from leaderforge.domain.addresses import host_and_port


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


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.0.0.4", "write host:port"),
        (":7000", "write host:port"),
        ("10.0.0.4:x", "write host:port"),
        ("10.0.0.4:0", "the port must be 1 to 65535"),
        ("10.0.0.4:65536", "the port must be 1 to 65535"),
    ],
)
async def test_addresses_of_nodes_and_workers(address: str, reason: str) -> None:
    with pytest.raises(ScalingFailed, match=f"is not the address of a node: {reason}"):
        await resolved(address)
    with pytest.raises(ValueError, match=reason):
        host_and_port(address)
    assert host_and_port("10.0.0.4:65535") == ("10.0.0.4", 65535)


@pytest.mark.parametrize(("count", "text"), [(0, "0 keys"), (1, "1 key"), (3000, "3,000 keys")])
def test_numbers_of_things(count: int, text: str) -> None:
    assert counted(count, "key") == text


@pytest.mark.parametrize("arguments", [["dev"]])
def test_a_missing_package(arguments: Sequence[str]) -> None:
    script = "import sys; sys.modules['psutil'] = None; from leaderforge.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "error: this command needs the package psutil: install leaderforge[local]\n"
