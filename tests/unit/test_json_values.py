"""Comparison of JSON texts by their values."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.json_values import is_same_json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("a1", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=1), inner, max_size=3),
    max_leaves=8,
)


def typed(value: object) -> object:
    """Return the value with all booleans marked, because in Python True equals 1."""
    if isinstance(value, dict):
        return {name: typed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return isinstance(value, bool), value


@given(values, st.randoms(use_true_random=False))
def test_neither_blanks_nor_the_order_of_members_count(value: object, random: Random) -> None:
    def shuffled(value: object) -> object:
        if isinstance(value, dict):
            names = random.sample(sorted(value), len(value))
            return {name: shuffled(value[name]) for name in names}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    assert is_same_json(json.dumps(value), json.dumps(shuffled(value), indent=1, ensure_ascii=False))


@given(values, values)
def test_other_values_differ(first: object, second: object) -> None:
    assert is_same_json(json.dumps(first), json.dumps(second)) is (typed(first) == typed(second))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("1", "1.0", True),
        ("0.1", "1e-1", True),
        ("9007199254740993", "9007199254740992", False),
        ("0.10000000000000000001", "0.1", False),
        ("1", "true", False),
        ("[0]", "[false]", False),
        ('"\\u00e4"', '"ä"', True),
        ("{}", None, False),
        ("null", None, False),
        (None, None, True),
    ],
)
def test_examples(first: str | None, second: str | None, same: bool) -> None:
    assert is_same_json(first, second) is same
    assert is_same_json(second, first) is same
