"""Display and comparison of names by the properties of Unicode."""

# ruff: noqa: RUF001 - look-alikes are the subject of this module

import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from leaderforge.domain.errors import Refused
from leaderforge.domain.names import claims_of, display_fault, displayed, mixed_word, name_key, prefix_key, words_of
from leaderforge.domain.players import username
from leaderforge.domain.unicode_tables import unicode_tables

REAL_NAMES = Path(__file__).parents[1] / "data" / "names.txt"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
PERSIAN = "علی\u200cرضا"
ARMENIAN, CYRILLIC, CYRILLIC_ER = "\u0585kapi", "\u043ekapi", "oka\u0440i"
INVISIBLE = [
    *("okapi\u200b", "o\u200dkapi", "oka\u00adpi", "\ufeffokapi", "\u202eokapi", "okapi\u061c", "okapi\u180e"),
    *(
        "okapi\ufe0f",
        "okap\u3164i",
        "ok\U000e0020api",
        "o\u2060kapi",
        "oka\u034fpi",
        "o\u115fkapi",
        "\u2066okapi\u2069",
    ),
    *("oka\ufff9pi", "oka\U00016fe4pi"),
]
"""Names that differ from `okapi` by invisible characters."""
NOTHING = ["\u200b", "\u3164", "\u00ad", "\u2800", "\ufe0f", "\U000e0020", "\u200d\u200d", "\u0301", "\u1160", "\ufff9"]
"""Names without any visible character."""


def is_taken(name: str, owned: str) -> bool:
    return not claims_of(name).keys().isdisjoint(claims_of(owned))


@pytest.mark.parametrize("name", INVISIBLE, ids=ascii)
def test_invisible_characters_make_no_other_name(name: str) -> None:
    assert name_key(username(name)) == "okapi"


@pytest.mark.parametrize("name", [*NOTHING, "\u2800\u200b\u2800", "\u3164" * 64, "\U0001d159"], ids=ascii)
def test_a_name_that_shows_nothing_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="must show at least one letter, digit or symbol"):
        username(name)


@pytest.mark.parametrize(
    "name", ["okapi\u2800", "\u00a0okapi", "okapi\u200b ", "\u2800okapi", "okapi\u3000"], ids=ascii
)
def test_blanks_at_an_end_are_refused(name: str) -> None:
    with pytest.raises(Refused, match="must not start or end with white space"):
        username(name)


@pytest.mark.parametrize("control", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_controls_of_the_writing_direction_are_removed(control: str) -> None:
    assert username(f"{control}oka{control}pi{control}") == "okapi"


@pytest.mark.parametrize(
    "names",
    [
        ["o kapi", "o  kapi", "o\u00a0kapi", "o\u2003kapi", "o\u2800kapi"],
        ["okapi", "OKAPI", "ｏｋａｐｉ"],
        ["Straße", "STRASSE", "strasse"],
        ["İpek", "i\u0307pek", "I\u0307PEK"],
        ["Zoë", "zoe\u0308", "ZOË"],
        [FAMILY, FAMILY.replace("\u200d", "")],
        ["❤", "❤\ufe0f"],
    ],
    ids=lambda names: ascii(names[0]),
)
def test_spellings_of_one_name_have_one_key(names: Sequence[str]) -> None:
    assert len({name_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    "name", [FAMILY, PERSIAN, "नेहा\u200d", "🏴\U000e0067\U000e0062\U000e007f", "葛\U000e0100", "❤\ufe0f"]
)
def test_characters_that_shape_their_neighbours_stay(name: str) -> None:
    assert username(name) == unicodedata.normalize("NFC", name)
    assert mixed_word(name) is None


@pytest.mark.parametrize(
    ("name", "owned"),
    [
        (CYRILLIC, "okapi"),
        (CYRILLIC_ER, "OKAPI"),
        (ARMENIAN, "okapi"),
        ("ΟΚΑΡΙ", "okapi"),
        ("САВА", "Caba"),
        ("сора", "copa"),
        ("ɡuitar", "guitar"),
        ("ニロ", "二口"),
        ("ОКАРІ", "окарі"),
        ("ｓсора", "scopa"),
    ],
)
def test_look_alikes_are_taken_either_way(name: str, owned: str) -> None:
    assert is_taken(name, owned)
    assert is_taken(owned, name)
    assert is_taken(name, name.casefold())


@pytest.mark.parametrize(
    ("name", "other"),
    [("player1", "playerl"), ("Ian", "Lan"), ("BOB0", "BOBO"), ("Arne", "Ame"), ("a_b", "a-b"), ("李小龙", "李小龍")],
)
def test_names_of_one_script_differ_by_any_character(name: str, other: str) -> None:
    assert not is_taken(name, other)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (CYRILLIC, CYRILLIC),
        (CYRILLIC_ER, CYRILLIC_ER),
        (ARMENIAN, ARMENIAN),
        ("TEAMДима", "TEAMДима"),
        ("xx Ωmega xx", "Ωmega"),
        ("สมชายTH", "สมชายTH"),
        ("ひらがな한글", "ひらがな한글"),
        ("о\u0301k", "о\u0301k"),
        ("о\u200dk", "оk"),
    ],
)
def test_a_word_of_several_scripts_is_refused(name: str, word: str) -> None:
    assert mixed_word(name) == word


@pytest.mark.parametrize(
    "name",
    [
        *("[TEAM] Дима", "xX_Дима_Xx", "FC العراق", "東京Tower", "ニコnico", "김Kim", "漢字かなカナabc", "注音ㄅㄆabc"),
        *("Дима2", "λ-calculus", "Zoë★", "𝓐da", "Ada ツ", "Adaツ", "1ère", "µTorrent", "क्ष१"),
    ],
)
def test_words_of_different_scripts_may_stand_beside_each_other(name: str) -> None:
    assert mixed_word(name) is None


def test_words_are_runs_of_letters_digits_and_marks() -> None:
    assert list(words_of("[TEAM] d'Or_2 का‌म! 👨‍👩‍👧 x")) == ["TEAM", "d", "Or", "2", "काम", "x"]


def test_a_prefix_keeps_the_blank_at_its_end() -> None:
    assert [prefix_key(text) for text in ("Ann ", "Ann", " ", "", "Ünal\u00a0")] == ["ann ", "ann", "", "", "ünal "]


def real_names() -> Sequence[str]:
    lines = REAL_NAMES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_real_names_of_many_scripts_are_accepted_as_they_are() -> None:
    names = real_names()
    assert len(set(names)) == len(names) >= 200
    assert {name: (username(name), mixed_word(name)) for name in names} == {name: (name, None) for name in names}
    scripts = {min(scripts) for name in names for char in name if (scripts := unicode_tables().scripts_of(char))}
    assert len(scripts) >= 20
    assert len({name_key(name) for name in names}) == len(names)
    taken = [(a, b) for i, a in enumerate(names) for b in names[:i] if is_taken(a, b)]
    assert taken == []


HIDDEN = [c for c in map(chr, range(sys.maxunicode + 1)) if unicode_tables().ignorable.fullmatch(c)]
"""Characters that are invisible."""
CHARACTERS = st.one_of(
    st.characters(exclude_categories=["Cs"]),
    st.sampled_from(HIDDEN),
    st.sampled_from([*map(chr, unicode_tables().looks)]),
    st.sampled_from(" \u00a0\u2003\u2800\u0301\u0308okapiOKAPI01"),
)
"""Characters of all kinds, with many that are invisible, blank or look like others."""


def accepted(text: str) -> str | None:
    try:
        return username(text)
    except Refused:
        return None


names = st.text(CHARACTERS, min_size=1, max_size=8).map(accepted).filter(bool)


@settings(max_examples=300)
@given(names)
def test_an_accepted_name_shows_a_character(name: str) -> None:
    tables = unicode_tables()
    inked = [c for c in name if unicodedata.category(c)[0] in "LNPS" and not tables.blank.fullmatch(c)]
    assert any(not tables.ignorable.fullmatch(character) for character in inked)
    assert not any(unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF"} for character in name)
    assert username(name) == displayed(name) == name
    assert unicodedata.is_normalized("NFC", name)


@settings(max_examples=300)
@given(names, st.data())
def test_a_name_that_looks_the_same_is_taken(name: str, data: st.DataObject) -> None:
    """Change a name almost invisibly: by an invisible character, another blank, case, form or a look-alike."""
    tables = unicode_tables()
    change = data.draw(st.sampled_from(["insert", "blank", "case", "look", "form"]))
    changed = name
    if change == "insert":
        at = data.draw(st.integers(0, len(name)))
        changed = name[:at] + data.draw(st.sampled_from(HIDDEN)) + name[at:]
    elif change == "blank":
        changed = name.replace(" ", "\u00a0 ")
    elif change == "case":
        changed = name.swapcase()
        assume(name_key(changed) == name_key(name))
    elif change == "look":
        changed = unicodedata.normalize("NFD", displayed(tables.ignorable.sub("", name))).translate(tables.looks)
    else:
        changed = unicodedata.normalize(data.draw(st.sampled_from(["NFD", "NFKC", "NFKD"])), name)
    assume(change != "look" or not any("\uac00" <= character <= "\ud7a3" for character in name))
    assert is_taken(changed, name), ascii(changed)


@settings(max_examples=300)
@given(names, names)
@example("okapi", CYRILLIC)
def test_free_names_differ_visibly(name: str, other: str) -> None:
    """Compare the visible parts of names that do not exclude each other. `visible` does not use the product's keys."""
    assume(not is_taken(name, other))
    assert visible(name) != visible(other)


def visible(name: str) -> str:
    """Return the skeleton of a name by UTS 39, except that case and ASCII characters stay as in the name."""
    tables = unicode_tables()
    inked = "".join(" " if tables.blank.fullmatch(c) else c for c in name if not tables.ignorable.fullmatch(c))
    return " ".join(unicodedata.normalize("NFD", inked).translate(tables.looks).split())


@pytest.mark.parametrize(
    ("character", "scripts"),
    [
        ("a", {"Latn"}),
        ("а", {"Cyrl"}),
        ("々", {"Hani"}),
        ("ー", {"Hira", "Kana"}),
        ("١", {"Arab", "Thaa", "Yezi"}),
        ("\U0003134a", {"Hani"}),
        ("1", None),
        ("🦊", None),
        ("\U0010ffff", None),
    ],
)
def test_scripts_of_a_character(character: str, scripts: set[str] | None) -> None:
    assert unicode_tables().scripts_of(character) == scripts


def test_ascii_names_need_no_tables() -> None:
    unicode_tables.cache_clear()
    assert (username("Ada 7"), claims_of("Ada 7"), mixed_word("Ada 7")) == ("Ada 7", {"ada 7": False}, None)
    assert unicode_tables.cache_info().currsize == 0


@given(st.text(st.characters(max_codepoint=127), max_size=66))
@example(" ")
@example("a" * 64)
@example("a" * 65)
@example("a\x7f")
def test_ascii_names_follow_the_rules_of_all_names(text: str) -> None:
    assert accepted(text) == (None if display_fault(text, 64) else text)


def test_each_folded_character_has_its_key() -> None:
    """The name key of a name key is the same text, because a name key has nothing left to remove, map or normalise."""
    for point in range(0xA0, sys.maxunicode + 1):
        character = chr(point)
        if unicodedata.category(character) not in {"Cn", "Cs", "Co"}:
            key = name_key(f"a{character}b")
            assert name_key(key) == key, hex(point)
