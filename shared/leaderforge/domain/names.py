"""Display and comparison of names by the properties of Unicode.

ASCII texts are handled without the Unicode tables, because loading the tables takes time.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import reduce

from leaderforge.domain.errors import Refused
from leaderforge.domain.unicode_tables import unicode_tables

_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Refused Unicode categories: controls, surrogates, private and unassigned code points, line and paragraph separators.
"""
_INK = frozenset("LNPS")
"""Major Unicode categories of visible characters: letters, numbers, punctuation and symbols. Marks alone do not count.
"""
_WORD = frozenset("LMN")
_NOT_SYLLABLES = re.compile("[^\uac00-\ud7a3]+")
_WRITING_SYSTEMS = {
    "Hani": ("Hanb", "Jpan", "Kore"),
    "Hira": ("Jpan",),
    "Kana": ("Jpan",),
    "Hang": ("Kore",),
    "Bopo": ("Hanb",),
}
"""Writing systems that combine several scripts, by each of these scripts (UTS 39, section 5.1)."""
_WITH_LATIN = frozenset({"Hanb", "Jpan", "Kore"})
"""Writing systems that a word may mix with Latin (UTS 39, level Highly Restrictive)."""


def displayed(text: str) -> str:
    """Return the text in NFC, without invisible characters that do not change the shape of their neighbours.

    For example, controls of the writing direction are removed. Joiners and variation selectors stay.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", unicode_tables().hidden.sub("", text))


def display_fault(text: str, longest: int) -> str | None:
    """Return the rule that a text in displayed form breaks, None if it breaks none. `longest` is in characters."""
    if len(text) > longest:
        return f"must have 1 to {longest} characters, not {len(text)}"
    if any(unicodedata.category(character) in _REFUSED_CATEGORIES for character in text):
        return "must not contain control characters, line breaks or unassigned characters"
    visible = _visible(text)
    if not any(unicodedata.category(character)[0] in _INK for character in visible):
        return "must show at least one letter, digit or symbol"
    if visible != visible.strip():
        return "must not start or end with white space"
    return None


def require_displayed(text: str, longest: int, subject: str) -> str:
    """Return the text in its displayed form. Raises `Refused`, with a message about `subject`, if it breaks a rule."""
    # Skip the slower checks for printable ASCII, because nearly all names of an import have only such characters.
    if text.isascii() and text.isprintable() and 1 <= len(text) <= longest and text == text.strip():
        return text
    displayed_text = displayed(text)
    fault = display_fault(displayed_text, longest)
    if fault is not None:
        raise Refused(f"{subject} {fault}")
    return displayed_text


MIN_WITHIN = 3
"""Minimum number of characters of a key to search for inside names: a trigram index cannot find fewer characters."""


def name_key(text: str) -> str:
    """Return the key that all spellings of a name share.

    Case, compatibility forms, invisible characters and the amount of white space make no difference.
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    return " ".join(folded(_visible(text)).split())


def prefix_key(text: str) -> str:
    """Return the prefix that the keys of all names starting with `text` have in common."""
    return f"{name_key(text)} " if text[-1:].isspace() and not text.isspace() else name_key(text)


def claims_of(text: str) -> Mapping[str, bool]:
    """Return the keys that a name claims if names are unique. Each value says whether its key stands for look-alikes.

    Two names are too similar if they share a key. The key for look-alikes is the UTS 39 skeleton of the name, with
    folded case. In the skeleton, ASCII characters stay unchanged.
    """
    key = name_key(text)
    if text.isascii():
        return {key: False}
    return {name_key(_decomposed(_visible(text)).translate(unicode_tables().looks)): True, key: False}


def _decomposed(text: str) -> str:
    """Return the text in NFD. Hangul syllables stay composed, because no syllable looks like another."""
    composed = unicodedata.normalize("NFC", text)
    return _NOT_SYLLABLES.sub(lambda match: unicodedata.normalize("NFD", match[0]), composed)


def folded(text: str) -> str:
    """Return the text without case and compatibility forms."""
    if text.isascii():
        return text.casefold()
    # Normalise again, because case folding can denormalise text.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def words_of(text: str) -> Iterator[str]:
    """Yield the words of a text: runs of letters, digits and marks."""
    word = ""
    for character in f"{text} ":
        category = unicodedata.category(character)
        if category[0] in _WORD:
            word += character
        elif word and category != "Cf":
            yield word
            word = ""


def mixed_word(text: str) -> str | None:
    """Return the first word that mixes scripts against UTS 39, level Highly Restrictive, None if no word does."""
    return None if text.isascii() else next(filter(_is_mixed, words_of(text)), None)


def _is_mixed(word: str) -> bool:
    scripts = [names for character in word if (names := _systems_of(character)) is not None]
    if not scripts or reduce(frozenset.__and__, scripts):
        return False
    not_latin = [names for names in scripts if "Latn" not in names]
    return not reduce(frozenset.__and__, not_latin, _WITH_LATIN)


def _systems_of(character: str) -> frozenset[str] | None:
    """Return the scripts and writing systems that use the character, None if all of them do."""
    scripts = unicode_tables().scripts_of(character)
    return None if scripts is None else scripts.union(*(_WRITING_SYSTEMS.get(script, ()) for script in scripts))


def _visible(text: str) -> str:
    """Return the text without ignorable characters, and with blank symbols replaced by spaces."""
    if text.isascii():
        return text
    tables = unicode_tables()
    return tables.blank.sub(" ", tables.ignorable.sub("", text))
