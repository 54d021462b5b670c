"""Web page in the installed package."""

from pathlib import Path

_SITE = Path(__file__).parent / "site"


def packaged_site() -> Path | None:
    """Return the folder with the files of the web page, None in a clone, where `make site` builds it elsewhere."""
    return _SITE if (_SITE / "index.html").is_file() else None
