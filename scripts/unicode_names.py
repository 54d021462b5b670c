"""Write the Unicode data that the rules for names need: `shared/leaderforge/domain/unicode.txt`.

The folder must contain these published files of one Unicode version: Scripts.txt, ScriptExtensions.txt, PropList.txt,
DerivedCoreProperties.txt, PropertyValueAliases.txt, UnicodeData.txt and emoji-data.txt of the Unicode Character
Database, and confusables.txt of UTS 39. Run the script with a Python whose module `unicodedata` has the characters of
that version.
"""

import argparse
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

TARGET = Path(__file__).parents[1] / "shared" / "leaderforge" / "domain" / "unicode.txt"

BLANKS = {0x2800, 0x13441, 0x13442, 0x1D159}
"""Symbols and letters without ink: the empty braille pattern, blank hieroglyphs and a null note head.

Unicode has no property for them.
"""
INVISIBLE = {0x16FE4, *range(0xFFF9, 0xFFFC)}
"""Characters without a glyph that are not Default_Ignorable: a filler, and the marks of interlinear annotations."""
MONGOLIAN_VOWEL_SEPARATOR = 0x180E
NO_SCRIPT = {"Zyyy", "Zinh", "Zzzz"}

HEADER = """\
# Unicode {version}: data for the rules of names. Written by scripts/unicode_names.py from Unicode's files.
# Copyright (c) 1991-2025 Unicode, Inc. Licensed under the Unicode License v3, see unicode-license.txt.
"""


def fields(path: Path) -> Iterator[list[str]]:
    """Yield the fields of each line of a file of Unicode data."""
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        content = line.partition("#")[0].strip()
        if content and not content.startswith("@"):
            yield [field.strip() for field in content.split(";")]


def points(text: str) -> range:
    """Return the code points of `0041` or `0041..005A`."""
    first, _, last = text.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


def property_points(path: Path, name: str) -> set[int]:
    """Return the code points with a binary property."""
    return {point for row in fields(path) if row[1] == name for point in points(row[0])}


def text_ranges(code_points: Collection[int]) -> Iterator[str]:
    """Yield ascending ranges of code points as `41-5A` or `41`."""
    start = previous = None
    for point in [*sorted(code_points), None]:
        if previous is not None and point != previous + 1:
            yield f"{start:X}" if start == previous else f"{start:X}-{previous:X}"
            start = None
        start = point if start is None else start
        previous = point


def scripts(folder: Path) -> Mapping[int, str]:
    """Return the script extensions of each code point that has a script, as short names."""
    short = {row[2]: row[1] for row in fields(folder / "PropertyValueAliases.txt") if row[0] == "sc"}
    extensions = {point: short[row[1]] for row in fields(folder / "Scripts.txt") for point in points(row[0])}
    for row in fields(folder / "ScriptExtensions.txt"):
        extensions |= dict.fromkeys(points(row[0]), " ".join(sorted(row[1].split())))
    return {point: names for point, names in extensions.items() if names not in NO_SCRIPT}


def look_alikes(folder: Path) -> Mapping[int, str]:
    """Return the replacement of each character that looks like another character. ASCII characters have none.

    Characters that look equal get the same replacement. It is an ASCII character if an ASCII character looks equal too.
    Among several such ASCII characters, for example l, I and 1, `nearest` selects the replacement. A compatibility form
    that looks like its ASCII text needs no replacement, because normalisation converts it to this text.
    """
    prototypes = {int(row[0], 16): text_of(row[1]) for row in fields(folder / "confusables.txt")}
    classes: defaultdict[str, list[str]] = defaultdict(list)
    for point in range(128):
        classes[prototypes.get(point, chr(point))].append(chr(point))
    categories = {int(row[0], 16): row[2] for row in fields(folder / "UnicodeData.txt")}
    looks = {}
    for point, prototype in sorted(prototypes.items()):
        source = chr(point)
        replacement = nearest(categories.get(point, "Lo"), classes.get(prototype, [])) or prototype
        compatible = unicodedata.normalize("NFKC", source)
        is_form = "".join(prototypes.get(ord(character), character) for character in compatible) == prototype
        if point >= 128 and not (compatible.isascii() and is_form) and folded(source) != folded(replacement):
            looks[point] = replacement
    return looks


def nearest(category: str, candidates: Sequence[str]) -> str | None:
    """Return the first candidate of the same kind as this Unicode category: a digit, a capital or a small letter.

    Without such a candidate, return the first letter, or else the first candidate. Return None without candidates.
    """
    fits_best = str.isdigit if category[0] == "N" else str.isupper if category == "Lu" else str.islower
    for fits in (fits_best, str.isalpha, bool):
        for candidate in candidates:
            if fits(candidate):
                return candidate
    return None


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def text_of(code_points: str) -> str:
    return "".join(chr(int(point, 16)) for point in code_points.split())


def ranges_by_script(extensions: Mapping[int, str]) -> Iterator[str]:
    """Yield one line for each set of script extensions: the ranges of its code points, and the names of the scripts."""
    by_names: defaultdict[str, list[int]] = defaultdict(list)
    for point, names in extensions.items():
        by_names[names].append(point)
    for names, code_points in sorted(by_names.items()):
        yield f"{' '.join(text_ranges(code_points))};{names}"


def version_of(folder: Path) -> str:
    """Return the Unicode version of the files. Raises `ValueError` if they have different versions."""
    derived = (folder / "DerivedCoreProperties.txt").read_text(encoding="utf-8")
    security = (folder / "confusables.txt").read_text(encoding="utf-8-sig")
    versions = {re.search(r"-([\d.]+)\.txt", derived)[1], re.search(r"Version: ([\d.]+)", security)[1]}
    if len(versions) > 1:
        raise ValueError(f"the files are of several Unicode versions: {', '.join(sorted(versions))}")
    return versions.pop()


def sections(folder: Path) -> Mapping[str, Iterable[str]]:
    """Return the lines of each section of `unicode.txt`, by the name of the section."""
    ignorable = property_points(folder / "DerivedCoreProperties.txt", "Default_Ignorable_Code_Point") | INVISIBLE
    shaping = {MONGOLIAN_VOWEL_SEPARATOR} | property_points(folder / "emoji-data.txt", "Emoji_Component")
    for name in ("Join_Control", "Variation_Selector"):
        shaping |= property_points(folder / "PropList.txt", name)
    return {
        "ignorable": text_ranges(ignorable),
        "shaping": text_ranges(shaping & ignorable),
        "blank": text_ranges(BLANKS),
        "scripts": ranges_by_script(scripts(folder)),
        "looks": (f"{point:X};{points_of(text)}" for point, text in look_alikes(folder).items()),
    }


def points_of(text: str) -> str:
    return " ".join(f"{ord(character):X}" for character in text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder of the published files")
    folder = parser.parse_args().folder
    parts = [f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections(folder).items()]
    TARGET.write_text(HEADER.format(version=version_of(folder)) + "".join(parts), encoding="ascii")


if __name__ == "__main__":
    main()
