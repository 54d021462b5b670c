"""API keys from environment settings: their digests, and their required strength."""

import re
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest

SHORTEST_KEY = 16
"""Minimum length of an API key, in characters, if other machines can reach the service."""

_FEWEST_DIFFERENT = 6
"""Minimum number of different characters of a key."""
_WELL_KNOWN = frozenset(
    {
        "0123456789abcdef", "1234567890123456", "abcdefghijklmnop", "change-me-change-me", "change-me-please",
        "changemechangeme", "leaderforge-admin", "leaderforge-admin-key", "leaderforge-submit",
        "leaderforge-submit-key", "passwordpassword", "replace-me-replace-me", "secretsecretsecret",
        "your-admin-key-here", "your-submit-key-here",
    }
)  # fmt: skip
"""Keys of examples and tutorials. An attacker tries them first."""
_STRONGER = "use a random one, such as the output of `openssl rand -hex 24`"


class KeySet:
    """API keys of the settings, stored as SHA-256 digests only."""

    __slots__ = ("_digests",)

    def __init__(self, keys: Sequence[str] = ()) -> None:
        """Accept keys as plain text, or as `sha256:` and 64 hexadecimal digits. Raises `ValueError` otherwise."""
        self._digests = tuple(map(_digest, keys))

    def __contains__(self, key: str) -> bool:
        """Return whether the set contains the key, in constant time."""
        digest = sha256(key.encode(errors="surrogateescape")).digest()
        # Use a list, because a generator would let the comparison stop at the first match.
        return any([compare_digest(digest, candidate) for candidate in self._digests])  # noqa: C419

    def __len__(self) -> int:
        return len(self._digests)

    @property
    def digests(self) -> tuple[bytes, ...]:
        """Return the SHA-256 digests of the keys in the set."""
        return self._digests

    def __repr__(self) -> str:
        return f"KeySet({len(self)} keys)"

    def shares(self, other: "KeySet") -> bool:
        """Return whether the sets have a key in common."""
        return not set(self._digests).isdisjoint(other._digests)


def _digest(key: str) -> bytes:
    if not key.startswith("sha256:"):
        return sha256(key.encode()).digest()
    if not re.fullmatch("[0-9a-fA-F]{64}", key[7:]):
        raise ValueError("a key that starts with sha256: must continue with 64 hexadecimal digits")
    return bytes.fromhex(key[7:])


def weakness(key: str) -> str | None:
    """Return the fault of a weak key, None for a strong one. For a hashed key, check only that it is not well-known."""
    if key.startswith("sha256:"):
        guessable = any(_digest(key) == _digest(candidate) for candidate in _WELL_KNOWN)
    elif len(key) < SHORTEST_KEY:
        return f"a key of fewer than {SHORTEST_KEY} characters: {_STRONGER}"
    else:
        guessable = key.lower() in _WELL_KNOWN or len(set(key)) < _FEWEST_DIFFERENT
    return f"a key that is easy to guess: {_STRONGER}" if guessable else None
