"""Step of the build of a wheel that adds the built web page to the wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface):  # type: ignore[type-arg]  # as in the documentation of Hatch
    """Hook that puts the page into the wheel, except into an editable wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the web page to the wheel. Raises `FileNotFoundError` if the page has not been built."""
        if version == "editable":
            return
        site = Path(self.root, "frontend", "dist")
        if not (site / "index.html").is_file():
            raise FileNotFoundError(f"{site} has no page: run `make wheel`, which builds it first")
        build_data["force_include"][str(site)] = "leaderforge/site"
