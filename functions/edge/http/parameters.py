"""Conversion of a query string to a call's model. Unknown and repeated parameters are refused."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl

from pydantic import BaseModel

from leaderforge.domain.errors import Refused

_MAX_CACHED = 100
"""Maximum length in bytes of a query string to cache. Longer query strings have cursors or ids, which seldom repeat."""
_MAX_PARAMETERS = 50
"""Maximum number of parameters of a request. No call has as many. The bound limits the cost of a refusal."""
_MAX_SHOWN = 64
"""Maximum characters of an unknown name in an error. The search for a similar name is quadratic in its length."""


def parsed(model: type[BaseModel], text: bytes) -> BaseModel:
    """Return the parameters of a query string. Raises `Refused` or pydantic's `ValidationError`."""
    return _cached(model, text) if len(text) <= _MAX_CACHED else _parsed(model, text)


def require_none(text: bytes) -> None:
    """Raise `Refused` if the query string of a call without parameters has any."""
    _require_known([name for name, _ in _pairs(text)], ())


def _parsed(model: type[BaseModel], text: bytes) -> BaseModel:
    pairs = _pairs(text)
    values = dict(pairs)
    if len(values) < len(pairs) or not values.keys() <= model.model_fields.keys():
        names = [name for name, _ in pairs]
        _require_known(names, model.model_fields)
        _require_single(names)
    return model.model_validate(values)


_cached = lru_cache(2048)(_parsed)
"""Cached conversion: clients repeat the same few query strings. The models are immutable."""


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise Refused(f"a request has at most {_MAX_PARAMETERS} query parameters; remove some") from None


def _require_known(names: Sequence[str], parameters: Collection[str]) -> None:
    for name in names:
        if name not in parameters:
            raise _refusal(name, f"unknown query parameter; {_advice(name, parameters)}")


def _require_single(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise _refusal(name, "repeated query parameter; send it once")


def _refusal(name: str, problem: str) -> Refused:
    place = name[:_MAX_SHOWN]
    return Refused(f"{place}: {problem}", errors=[{"at": place, "problem": problem}])


def _advice(name: str, parameters: Collection[str]) -> str:
    """Return a hint for an unknown name: the most similar parameter, otherwise all parameters of the call."""
    from difflib import get_close_matches  # imported here, because a cold start does not need it

    similar = get_close_matches(name[:_MAX_SHOWN].lower(), parameters, n=1)
    if similar:
        return f"did you mean {similar[0]}?"
    return f"this call takes {', '.join(parameters)}" if parameters else "this call takes none"
