"""Write the reference of the Godot SDK from the documentation comments of its sources, as Markdown."""

import re
from collections.abc import Iterator
from pathlib import Path

ADDON = Path(__file__).parents[1] / "sdk" / "godot" / "addons" / "leaderforge"
PUBLIC = ("client", "options", "job", "outcome", "failure", "items", "store")
"""Names of the scripts whose objects a game uses. `store` is one of them, because `client.queue` is a store."""
_DECLARATION = re.compile(r"(?:static )?(?:func|var|signal) [a-z]\w*.*")


def godot_reference() -> str:
    """Return the page: each public script with its signals, variables and functions."""
    parts = [part for name in PUBLIC for part in _documented(name)]
    return "# Godot SDK: reference\n\nBoth editions have these members.\n\n" + "\n".join(parts)


def _documented(name: str) -> Iterator[str]:
    comment: list[str] = []
    is_head = True
    for line in (ADDON / f"{name}.gd").read_text(encoding="utf-8").splitlines():
        if line.startswith("##"):
            comment.append(line.removeprefix("##").strip())
            continue
        text = " ".join(comment).replace("  ", "\n\n")
        if is_head and comment:
            yield f"## {name}.gd\n\n{text}\n"
        elif comment and _DECLARATION.fullmatch(line):
            yield f"```gdscript\n{line.rstrip(':')}\n```\n\n{text}\n"
        is_head, comment = is_head and not comment, []


if __name__ == "__main__":
    print(godot_reference())
