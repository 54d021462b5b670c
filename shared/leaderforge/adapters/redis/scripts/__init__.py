"""Lua scripts of the index, one per file."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Script:
    """Source of a script, and its SHA-1 digest for EVALSHA."""

    name: str
    source: str
    sha: str


@cache
def script(name: str) -> Script:
    """Return the script in `name`.lua."""
    source = files(__name__).joinpath(f"{name}.lua").read_text()
    return Script(name, source, sha1(source.encode(), usedforsecurity=False).hexdigest())
