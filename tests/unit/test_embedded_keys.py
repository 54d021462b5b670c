"""Keys and signing secret of `leaderforge dev`, in its data directory."""

import json
from pathlib import Path

import pytest

from leaderforge.embedded.stack import LocalStack, StackOptions


def stack(directory: Path, host: str = "127.0.0.1") -> LocalStack:
    return LocalStack(StackOptions(directory, host=host, port=0, nodes=1, partitions=1, workers=1))


def test_a_directory_of_an_earlier_version_gets_a_signing_secret(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    earlier = {"submit_key": "s" * 32, "admin_key": "a" * 32}
    path.write_text(json.dumps(earlier))
    (tmp_path / "leaderforge.lock").touch()  # as if an earlier start had left its lock file
    claimed = stack(tmp_path)
    claimed.claim()
    assert {name: claimed.keys[name] for name in earlier} == earlier
    assert len(claimed.keys["signing_secret"]) >= 32
    assert json.loads(path.read_text()) == claimed.keys
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("host", "has_tokens"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("192.0.2.7", False), ("0.0.0.0", False)],  # noqa: S104
)
def test_only_this_machine_gets_development_tokens(tmp_path: Path, host: str, has_tokens: bool) -> None:
    built = stack(tmp_path, host)
    assert built.has_development_tokens is has_tokens
