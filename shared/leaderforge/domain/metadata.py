"""Metadata: the JSON object that a game stores with a score."""

import re
from collections.abc import Mapping
from json import dumps

MAX_METADATA_BYTES = 2048

_SMALLEST, _LARGEST = 1e-21, 1e21
"""Bounds of a float's absolute value. JavaScript writes an exponent from 1e21 on. The other bound is the inverse."""
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""Escaped U+0000, which PostgreSQL cannot store. It is an escape only after an odd number of backslashes."""


def _encoded(value: Mapping[str, object]) -> tuple[str, int]:
    """Return the JSON text of an object, and its size in bytes. Raises `ValueError`."""
    try:
        text = dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # Encoding raises a `ValueError` for lone surrogates, which JSON text may contain.
        return text, len(text.encode())
    except ValueError:
        raise ValueError("must hold JSON values only; remove NaN, Infinity and lone surrogates") from None


def metadata_text(value: Mapping[str, object]) -> str:
    """Return the JSON text of an object. Raises `ValueError` if it is too large or cannot be stored."""
    text, size = _encoded(value)
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"must be at most {MAX_METADATA_BYTES} bytes of JSON, not {size}")
    if _NUL.search(text):
        raise ValueError("must not hold the character U+0000")
    if _is_extreme(value):
        raise ValueError("must not hold numbers that need an exponent; send such a number as text")
    return text


def _is_extreme(value: object) -> bool:
    """Return whether the value has a float that needs an exponent: from 1e21 on, or below 1e-21 except 0.

    PostgreSQL stores numbers without exponents: 1e300 would take 301 bytes.
    """
    if isinstance(value, float):
        return value != 0 and not _SMALLEST <= abs(value) < _LARGEST
    if isinstance(value, dict):
        return any(map(_is_extreme, value.values()))
    return isinstance(value, list) and any(map(_is_extreme, value))
