"""Validation of a board's tiebreakers, their conversion from and to JSON, and the subscore that packs their numbers."""

import json
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from leaderforge.domain.boards import MAX_INTEGER, Board, Order, Policy
from leaderforge.domain.errors import Refused
from leaderforge.domain.numbers import numbers_of, require_number_name
from leaderforge.domain.tiebreakers import MAX_COMBINATIONS, MAX_TIEBREAKERS, Tiebreaker, packed

_MEMBERS = ("name", "order", "min", "max")
_SETTING = "tiebreakers"


def tiebreakers_of(values: Any) -> tuple[Tiebreaker, ...]:
    """Return the tiebreakers of JSON objects. `min` defaults to 0. Raises `Refused` if an object is not valid."""
    if not isinstance(values, list):
        raise _refused("must be a list of objects")
    return tuple(map(_tiebreaker, values))


def tiebreakers_text(tiebreakers: Sequence[Tiebreaker]) -> str | None:
    """Return tiebreakers as JSON text, None without any."""
    return json.dumps([tiebreaker.members for tiebreaker in tiebreakers]) if tiebreakers else None


def valid_tiebreakers(
    tiebreakers: Sequence[Tiebreaker], policy: Policy, subscore_order: Order | None
) -> tuple[Tiebreaker, ...]:
    """Return the tiebreakers of a board. Raises `Refused` if they are not valid, or do not suit the board."""
    if tiebreakers and policy is Policy.SUM:
        raise _refused("a sum of scores has no run with numbers; use the policy best or latest")
    if tiebreakers and subscore_order is not None:
        raise _refused("a board has either a subscore or tiebreakers; remove subscore_order")
    if len(tiebreakers) > MAX_TIEBREAKERS:
        raise _refused(f"must be at most {MAX_TIEBREAKERS}, not {len(tiebreakers)}")
    for tiebreaker in tiebreakers:
        _require_valid(tiebreaker)
    names = [tiebreaker.name for tiebreaker in tiebreakers]
    if len(set(names)) < len(names):
        raise _refused("two tiebreakers have one name; rename one")
    if (combinations := prod(tiebreaker.size for tiebreaker in tiebreakers)) > MAX_COMBINATIONS:
        raise _refused(
            f"the ranges have {combinations} combinations of numbers, more than 2^53; narrow min and max of one"
        )
    return tuple(tiebreakers)


def subscore_of(board: Board, subscore: int | None, numbers: str | None) -> int:
    """Return the subscore to store with a submission that has this subscore and these named numbers.

    On a board with tiebreakers, the stored subscore packs their numbers. Raises `Refused` for a subscore that the board
    does not have, and for a number of a tiebreaker that is missing or out of its range.
    """
    if subscore is not None and not board.has_subscore:
        raise Refused(f"board {board.slug!r} has no subscore; remove subscore", board=board.slug)
    if not board.tiebreakers:
        return subscore or 0
    values = numbers_of(numbers)
    for tiebreaker in board.tiebreakers:
        _require_number(board, tiebreaker, values)
    return packed(board.tiebreakers, values)


def _tiebreaker(members: Mapping[str, Any]) -> Tiebreaker:
    if not isinstance(members, dict):
        raise _refused("every tiebreaker must be an object")
    if unknown := members.keys() - set(_MEMBERS):
        raise _refused(f"unknown member {min(unknown)!r}: use {', '.join(_MEMBERS)}")
    name, order = members.get("name"), members.get("order")
    if not isinstance(name, str):
        raise _refused("every tiebreaker needs a name")
    if not isinstance(order, str) or order not in set(Order):
        raise _refused(f"the order of {name[:80]!r} must be desc or asc, not {order!r}")
    low, high = _integer(name, "min", members.get("min", 0)), _integer(name, "max", members.get("max"))
    return Tiebreaker(name, Order(order), low, high)


def _integer(name: str, member: str, value: Any) -> int:
    if type(value) is not int:
        raise _refused(f"{member} of {name[:80]!r} must be an integer, not {value!r}")
    return value


def _require_valid(tiebreaker: Tiebreaker) -> None:
    try:
        require_number_name(tiebreaker.name)
    except ValueError as error:
        raise _refused(str(error)) from None
    low, high = tiebreaker.min, tiebreaker.max
    if not -MAX_INTEGER <= low <= high <= MAX_INTEGER:
        raise _refused(f"{tiebreaker.name}: min ({low}) must be at most max ({high}), both within +-{MAX_INTEGER}")


def _require_number(board: Board, tiebreaker: Tiebreaker, numbers: Mapping[str, int]) -> None:
    name, low, high = tiebreaker.name, tiebreaker.min, tiebreaker.max
    number = numbers.get(name)
    if number is None:
        raise Refused(f"board {board.slug!r} orders by {name}; send it in numbers", board=board.slug, number=name)
    if not low <= number <= high:
        message = f"{name} must be {low} to {high} on board {board.slug!r}, not {number}"
        raise Refused(message, board=board.slug, number=name)


def _refused(message: str) -> Refused:
    return Refused(f"{_SETTING}: {message}", setting=_SETTING)
