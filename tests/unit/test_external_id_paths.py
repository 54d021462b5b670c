"""External ids in paths, behind servers that pass the raw path, and behind servers that decode it first."""

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge.http.routing import path_with_external_ids

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


def received(scope: dict[str, Any]) -> str:
    """Return the external id that a handler receives from a request with a path `/api/users/ext:.../standings`."""
    path = path_with_external_ids(scope)
    start, user, end = path.removeprefix("/api/").split("/")
    assert (start, end) == ("users", "standings")
    assert user.startswith("ext:")
    return unquote(user.removeprefix("ext:"))


def path_of(external_id: str, times: int) -> str:
    encoded = external_id
    for _ in range(times):
        encoded = quote(encoded, safe="")
    return f"/api/users/ext:{encoded}/standings"


@given(TEXTS)
def test_a_path_as_it_was_sent_is_encoded_once(external_id: str) -> None:
    sent = path_of(external_id, 1)
    assert received({"path": unquote(sent), "raw_path": sent.encode()}) == external_id


@given(TEXTS)
def test_a_path_that_was_decoded_is_encoded_twice(external_id: str) -> None:
    """API Gateway decodes paths once, and Mangum passes no raw path. Therefore clients encode ids in paths twice."""
    sent = path_of(external_id, 2)
    for raw_path in ({"raw_path": None}, {}):
        assert received({"path": unquote(sent), **raw_path}) == external_id


@given(TEXTS.filter(lambda text: "/" not in text and "%" not in text))
def test_ids_without_slash_and_percent_sign_may_be_encoded_once_everywhere(external_id: str) -> None:
    assert received({"path": unquote(path_of(external_id, 1)), "raw_path": None}) == external_id


@pytest.mark.parametrize("path", ["/api/users/ext:a%2Fb", "/api/users/ext%3Aa%2Fb", "/api/users/ext%3aa%2fb"])
def test_other_segments_are_decoded(path: str) -> None:
    scope = {"path": "", "raw_path": f"/api%20x{path}".encode()}
    assert path_with_external_ids(scope) == f"/api x/api/users/ext:a%2{path[-2]}b"
