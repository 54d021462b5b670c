"""Workflows of CI and of releases: actions are pinned by commit, and the targets of make exist."""

import re
from pathlib import Path

import pytest
import yaml

from leaderforge import __version__

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_targets_exist(workflow: Path) -> None:
    text = workflow.read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert all(job["timeout-minutes"] for job in jobs.values())
    for action in re.findall(r"uses: (.+)", text):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", action), action
    for job in jobs.values():
        for step in job["steps"]:
            for targets in re.findall(r"\bmake ([a-z -]+)$", step.get("run", ""), re.MULTILINE):
                assert set(targets.split()) <= TARGETS


def test_the_notes_of_a_release_are_a_section_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    section = changelog.partition(f"\n## [{__version__}]")[2].partition("\n## [")[0]
    assert section.strip()
