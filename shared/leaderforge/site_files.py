"""Web page in the installed package."""

from pathlib import Path

_SITE = Path(__file__).parent / "site"


def packaged_site() -> Path | None:
    """Return the folder of the built page. Return None in a clone, whose page `make site` builds elsewhere."""
    return _SITE if (_SITE / "index.html").is_file() else None
