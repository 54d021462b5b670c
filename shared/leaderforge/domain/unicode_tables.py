"""Unicode data that Python's `unicodedata` lacks, in `unicode.txt`.

The file is read on first use: ASCII names never need it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class UnicodeTables:
    """Sets of characters, as patterns, and properties of single characters.

    `ignorable` characters are invisible. `hidden` characters are the ignorable ones that do not change the shape of
    their neighbours. `blank` symbols look like a space. `looks` has the replacement of each character that looks like
    another one.
    """

    ignorable: re.Pattern[str]
    hidden: re.Pattern[str]
    blank: re.Pattern[str]
    looks: Mapping[int, str]
    starts: Sequence[int]
    ends: Sequence[int]
    scripts: Sequence[frozenset[str]]

    def scripts_of(self, character: str) -> frozenset[str] | None:
        """Return the scripts that use the character, None if all of them do."""
        position = bisect_right(self.starts, ord(character)) - 1
        return self.scripts[position] if position >= 0 and ord(character) <= self.ends[position] else None


@cache
def unicode_tables() -> UnicodeTables:
    """Return the tables of `unicode.txt`."""
    sections = _sections(files(__package__).joinpath("unicode.txt").read_text(encoding="ascii"))
    ignorable, shaping, blank = (
        [span for line in sections[name] for span in _spans(line)] for name in ("ignorable", "shaping", "blank")
    )
    scripts = sorted(_script_spans(sections["scripts"]), key=lambda item: item[0])
    return UnicodeTables(
        ignorable=re.compile(_character_class(ignorable)),
        hidden=re.compile(f"(?!{_character_class(shaping)}){_character_class(ignorable)}"),
        blank=re.compile(_character_class(blank)),
        looks=dict(map(_look, sections["looks"])),
        starts=[first for (first, _), _ in scripts],
        ends=[last for (_, last), _ in scripts],
        scripts=[names for _, names in scripts],
    )


def _sections(text: str) -> Mapping[str, Sequence[str]]:
    sections: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            lines = sections.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            lines.append(line)
    return sections


def _script_spans(lines: Sequence[str]) -> Iterator[tuple[tuple[int, int], frozenset[str]]]:
    for line in lines:
        spans, _, names = line.partition(";")
        scripts = frozenset(names.split())
        for span in _spans(spans):
            yield span, scripts


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the first and last code point of each range."""
    for span in text.split():
        first, _, last = span.partition("-")
        yield int(first, 16), int(last or first, 16)


def _look(line: str) -> tuple[int, str]:
    point, _, replacement = line.partition(";")
    return int(point, 16), "".join(chr(int(code, 16)) for code in replacement.split())


def _character_class(spans: Sequence[tuple[int, int]]) -> str:
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans) + "]"
