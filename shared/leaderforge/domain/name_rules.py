"""Rules for names of players, in addition to `names.display_fault`: no mixed scripts and no refused words.

The rules apply to new names only. Stored names stay as they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from leaderforge.domain.errors import NameMixesScripts, NameRefused, Refused
from leaderforge.domain.names import claims_of, mixed_word, words_of

_ANYWHERE = "*"


@dataclass(frozen=True)
class RefusedWords:
    """Words that names must not have. A word in asterisks, such as `*word*`, is also refused inside a longer word.

    Words are compared like names: without case, and with look-alikes as equals. All characters except letters,
    digits and marks are ignored.
    """

    lines: Iterable[str] = ()

    def occur_in(self, name: str) -> bool:
        """Return whether the name has a refused word."""
        return any(self._occur_in(key) for key in claims_of(name))

    def _occur_in(self, key: str) -> bool:
        words = list(words_of(key))
        compact = "".join(words)
        return not self._whole.isdisjoint({compact, *words}) or any(part in compact for part in self._parts)

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(key for line in self.lines if not _is_part(line) for key in _compact_keys(line))

    @cached_property
    def _parts(self) -> frozenset[str]:
        return frozenset(key for line in self.lines if _is_part(line) for key in _compact_keys(line))


@dataclass(frozen=True, slots=True)
class NameRules:
    """Rules for new names. If names are `unique`, no word of a name may mix scripts."""

    unique: bool = True
    words: RefusedWords = field(default_factory=RefusedWords)

    def refusal(self, name: str | None) -> Refused | None:
        """Return the error if the name breaks a rule, None otherwise. `name` may be None for no name."""
        if name is None:
            return None
        word = mixed_word(name) if self.unique else None
        if word is not None:
            return NameMixesScripts.of(name, word)
        return NameRefused.of(name) if self.words.occur_in(name) else None

    def require(self, name: str | None) -> None:
        """Raise `NameMixesScripts` or `NameRefused` if the name breaks a rule."""
        refusal = self.refusal(name)
        if refusal is not None:
            raise refusal


BASIC_RULES = NameRules()
"""Rules of services with unique names and without refused words."""


def _is_part(line: str) -> bool:
    return len(line) > 2 and line.startswith(_ANYWHERE) and line.endswith(_ANYWHERE)


def _compact_keys(line: str) -> Iterable[str]:
    """Return the keys by which the word in a line is compared, none if the word has no letters, digits or marks."""
    return filter(None, ("".join(words_of(key)) for key in claims_of(line)))
