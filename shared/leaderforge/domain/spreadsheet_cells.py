"""Texts in cells of files for spreadsheets.

Spreadsheets run a cell that begins like a formula. Exports therefore write an apostrophe before such a name, and
imports remove it. A name that already looks like such a text, for example `'=x`, gets one more apostrophe. Each text
therefore stands for exactly one name.
"""

# First characters of a formula. Spreadsheets treat the full-width forms in the same way.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_ESCAPED = tuple(f"'{character}" for character in (*_FORMULA, "'"))


def escaped(name: str) -> str:
    """Return the text that stands for a name in a file of separated values."""
    return f"'{name}" if name.startswith(_FORMULA) or name.startswith(_ESCAPED) else name


def unescaped(text: str) -> str:
    """Return the name that a text encodes: the inverse of `escaped`."""
    return text[1:] if text.startswith(_ESCAPED) else text
