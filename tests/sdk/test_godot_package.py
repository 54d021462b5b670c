"""The Godot SDK: both editions offer the same functions. `make sdk-lint` checks the SDK's grammar and format."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.godot_sdk import ADDON, EDITIONS, ROOT, SDK
from scripts.sdk_packages import godot_package
from tests.sdk.godot import godot_project
from tests.sdk.test_quick_starts import MAX_LINES, lines, programs
from tests.waiting import PATIENCE_S

_TOOLS = ROOT / "tests" / "clients" / ".venv" / "bin"
_IGNORES = """extends SceneTree

const Store = preload("res://addons/leaderforge/store.gd")


func _init():
	var store = Store.new(10)
	print("opening: %s" % store.open(OS.get_environment("QUEUE")).kind)
	print("score: %s" % store.add("a", {"score": 5}).error.kind)
	print("waiting: %d" % store.pending().size())
	quit()
"""
_FUNCTION = re.compile(r"^static func ([a-z]\w*)\((.*)\):$", re.MULTILINE)


@pytest.fixture(scope="module")
def tools() -> Path:
    assert (_TOOLS / "gdlint").exists(), "the linter is not installed: run `make clients-setup`"
    return _TOOLS


def test_the_programs_for_godot_4_have_its_grammar(tools: Path, tmp_path: Path) -> None:
    [_, program] = programs("sdk-godot.md", "gdscript")
    assert lines(program) <= MAX_LINES
    (tmp_path / "program.gd").write_text(program)
    subprocess.run([tools / "gdparse", tmp_path / "program.gd"], check=True, capture_output=True)


def test_the_command_copies_the_addon_into_a_project(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "scripts.godot_sdk", "4", str(tmp_path)], cwd=ROOT, check=True)
    assert (tmp_path / ADDON / "host.gd").read_bytes() == (SDK / "godot4" / "host.gd").read_bytes()


def test_both_editions_offer_the_same_functions() -> None:
    hosts = [(SDK / f"godot{edition}" / "host.gd").read_text(encoding="utf-8") for edition in EDITIONS]
    third, fourth = (dict(_FUNCTION.findall(host)) for host in hosts)
    assert third == fourth
    used = {name for path in (SDK / "addons").rglob("*.gd") for name in re.findall(r"\bHost\.(\w+)", path.read_text())}
    assert used <= set(third)


def test_the_samples_differ_by_the_words_for_waiting_only() -> None:
    third, fourth = ((SDK / "samples" / f"godot{edition}" / "rush.gd").read_text() for edition in EDITIONS)
    waiting = re.sub(r'yield\((.*), "completed"\)', r"await \1.completed", third)
    assert waiting.replace("export var", "@export var") == fourth


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_zip_has_the_addon_of_its_edition(tmp_path: Path, edition: str) -> None:
    with zipfile.ZipFile(godot_package(tmp_path, edition)) as archive:
        names = set(archive.namelist())
        host = archive.read("addons/leaderforge/host.gd").decode()
    shared = {path.relative_to(SDK).as_posix() for path in (SDK / "addons").rglob("*.gd")}
    added = {f"addons/leaderforge/{name}" for name in ("host.gd", "LICENSE", "samples/rush.gd")}
    assert names == shared | added
    assert f"the edition of Godot {edition}" in host


def test_a_queue_that_could_not_be_opened_accepts_no_score(tmp_path: Path) -> None:
    """Ignore the error of the opening, and submit. The queue must refuse a score that it cannot store."""
    queue = tmp_path / "queue"
    queue.symlink_to(queue)  # a loop of links, which not even root can open
    folder = godot_project(tmp_path)
    (folder / "ignores.gd").write_text(_IGNORES)
    command = ["godot3-server", "--path", str(folder), "-s", "ignores.gd"]
    environment = {**os.environ, "QUEUE": str(queue)}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    assert "opening: QueueUnwritable\nscore: QueueUnwritable\nwaiting: 0\n" in output.stdout
    assert queue.is_symlink()
