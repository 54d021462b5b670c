"""Noto fonts of this machine, and the parts of a text that can each be drawn in one font and one direction."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby
from pathlib import Path

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_EMOJI = "NotoColorEmoji"
_ORDER = ("NotoSans-", "NotoSans", "NotoSansCJK", "NotoSerif", _EMOJI)
"""Beginnings of font files' names. A character is drawn in the first font, in this order, that has it."""
_SELECTOR = "\ufe0f"
"""Variation selector that asks for an emoji."""
_SUFFIXES = frozenset({".ttf", ".otf", ".ttc"})
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


@dataclass(frozen=True)
class Face:
    """Font file. `path` is None for the font inside the drawing library, which has Latin letters."""

    path: Path | None

    @property
    def is_emoji(self) -> bool:
        """Return whether the font has coloured pictures of one size."""
        return self.path is not None and self.path.name.startswith(_EMOJI)

    @cached_property
    def characters(self) -> frozenset[int]:
        """Return the code points that the font has. The first call reads the file."""
        from fontTools.ttLib import TTCollection, TTFont

        if self.path is None:
            return frozenset()
        if self.path.suffix == ".ttc":
            with TTCollection(self.path, lazy=True) as collection:
                return frozenset(collection.fonts[0].getBestCmap())
        with TTFont(self.path, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())

    def has(self, character: str) -> bool:
        """Return whether the font can draw the character. The library's own font counts as having every character."""
        return self.path is None or ord(character) in self.characters


BUILT_IN = Face(None)


@dataclass(frozen=True, slots=True)
class TextRun:
    """Part of a text in one font and one direction."""

    text: str
    face: Face
    is_right_to_left: bool


def installed_faces(folders: Iterable[Path] = FOLDERS) -> Sequence[Face]:
    """Return the Noto fonts in these folders in the order of their use, bold where a bold font exists."""
    files = [file for folder in folders for file in sorted(folder.rglob("Noto*")) if file.suffix in _SUFFIXES]
    by_family: dict[str, Path] = {}
    for file in files:
        family, _, weight = file.stem.partition("-")
        if family.startswith(_ORDER) and weight in {"Bold", "Regular", ""} and _is_better(file, by_family.get(family)):
            by_family[family] = file
    ordered = sorted(by_family.values(), key=_order_of)
    return [*map(Face, ordered)] or [BUILT_IN]


def _is_better(file: Path, present: Path | None) -> bool:
    return present is None or file.stem.endswith("-Bold")


def _order_of(file: Path) -> tuple[int, str]:
    # The longest matching beginning decides: NotoSansCJK also begins with NotoSans.
    return max(range(len(_ORDER)), key=lambda i: (file.name.startswith(_ORDER[i]), len(_ORDER[i]))), file.name


def visual_runs(text: str, faces: Sequence[Face]) -> Sequence[TextRun]:
    """Return the parts of a text from left to right. Each part is drawn in one font and in its own direction.

    This follows the Unicode Bidirectional Algorithm for two levels, which suffices for names.
    """
    runs = list(_logical_runs(text, faces))
    groups = [list(group) for _, group in groupby(runs, key=lambda run: run.is_right_to_left)]
    ordered = [group[::-1] if group[0].is_right_to_left else group for group in groups]
    return [run for group in (ordered[::-1] if _is_right_to_left(text) else ordered) for run in group]


def _logical_runs(text: str, faces: Sequence[Face]) -> Iterator[TextRun]:
    """Yield the runs in the order of reading."""
    directions = _directions(text)
    start, face = 0, faces[0]
    for i, character in enumerate(text):
        next_face = _face_for(character, text[i + 1 : i + 2], face if i else None, faces)
        if i and (next_face is not face or directions[i] is not directions[i - 1]):
            yield TextRun(text[start:i], face, directions[i - 1])
            start = i
        face = next_face
    if text:
        yield TextRun(text[start:], face, directions[-1])


def _face_for(character: str, following: str, present: Face | None, faces: Sequence[Face]) -> Face:
    """Return the font for a character. Marks, joiners and blanks stay in the font of the run before them."""
    if present is not None and _stays(character, present):
        return present
    if following == _SELECTOR:
        return next((face for face in faces if face.is_emoji and face.has(character)), _first(character, faces))
    return _first(character, faces)


def _stays(character: str, present: Face) -> bool:
    category = unicodedata.category(character)
    if present.is_emoji:
        return character in _JOINERS or category == "Sk"  # skin tones are modifiers of this category
    return character in _JOINERS or ((character.isspace() or category[0] == "M") and present.has(character))


def _first(character: str, faces: Sequence[Face]) -> Face:
    return next((face for face in faces if face.has(character)), faces[0])


def _directions(text: str) -> Sequence[bool]:
    """Return for each character whether it is right-to-left.

    A character without a direction takes the direction of its neighbours or, if they differ, of the text.
    """
    base = _is_right_to_left(text)
    strong = list(map(_strong_direction, text))
    before = list(accumulate(strong, lambda last, here: last if here is None else here, initial=base))[1:]
    after = list(accumulate(strong[::-1], lambda last, here: last if here is None else here, initial=base))[:0:-1]
    return [first if first is second else base for first, second in zip(before, after, strict=True)]


def _strong_direction(character: str) -> bool | None:
    kind = unicodedata.bidirectional(character)
    return True if kind in _RIGHT_TO_LEFT else False if kind == "L" else None


def _is_right_to_left(text: str) -> bool:
    """Return whether the first character with a direction is right-to-left. Return False if there is none."""
    return next((direction for direction in map(_strong_direction, text) if direction is not None), False)
