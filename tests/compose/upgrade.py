"""Upgrade of the API to a newly built image while clients submit, and a new container of the page."""

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any
from uuid import uuid4

import httpx

from tests.compose.deployment import KEY, URL, Deployment
from tests.compose.images import build_next

CLIENTS = 4
_FIRST_PLAYER = 11
"""Player of the first client. Earlier steps create players with smaller ids."""
_INTERVAL_S = 0.05
"""Time in s between the submissions of a client."""
_PAUSE_S = 0.5
"""Time in s before a client repeats a failed request."""
_MAX_REPETITIONS = 10
"""Number of failures of one submission at which the test stops at once.

If a client has more than one failure, but no submission has so many, the test fails at its end, and shows all causes.
"""


def upgrade_of_the_api(deployment: Deployment) -> None:
    """Replace both API services and the worker while clients submit. A client has to repeat one request at most."""
    deployment.up("rolling")
    version = _version(deployment)
    image = build_next(deployment.engine)
    os.sync()  # otherwise, commits would wait while the system writes the new image to the same disk
    done = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        counts = [pool.submit(_submit_until, done, player) for player in range(_FIRST_PLAYER, _FIRST_PLAYER + CLIENTS)]
        try:
            _replace_all(deployment)
        finally:
            done.set()
    for player, count in enumerate(counts, start=_FIRST_PLAYER):
        acknowledged, failures = count.result()
        print(f"player {player}: {acknowledged} submissions; repeated after {failures}")  # noqa: T201 - the test's output
        assert acknowledged > 0
        assert len(failures) <= 1, f"player {player} had to repeat submissions: {failures}"
        entry = deployment.client.get(f"/api/leaderboard/rank/{player}").json()
        assert entry["score"] == acknowledged, entry
    for service in ("api", "api-2", "maintenance"):
        assert deployment.inspect(service)["Image"] == image, service
    assert _version(deployment) != version
    deployment.check_score()
    _replace_the_page(deployment)


def _replace_all(deployment: Deployment) -> None:
    deployment.compose("run", "--rm", "migrate")
    for service in ("api", "api-2", "maintenance"):
        deployment.replace(service)


def _replace_the_page(deployment: Deployment) -> None:
    """Replace the page's container while a client opens the page again and again.

    The port is closed meanwhile, because Docker Compose removes a container before its successor publishes the same
    port. Fails unless the client then gets the page again.
    """
    container = deployment.container("frontend")
    done = Event()
    with ThreadPoolExecutor(1) as pool:
        longest_s = pool.submit(_open_page_until, done)
        try:
            deployment.replace("frontend", "--force-recreate")
        finally:
            done.set()
    assert deployment.container("frontend") != container
    print(f"page: without an answer for {longest_s.result():.1f} s at most")  # noqa: T201 - the test's output


def _open_page_until(done: Event) -> float:
    """Open the page until `done`, and once more. Return the longest time in s between two answers."""
    longest_s, answered = 0.0, time.monotonic()
    with httpx.Client(base_url=URL, timeout=1) as client:
        while not done.wait(_INTERVAL_S):
            with suppress(httpx.HTTPError):
                client.get("/").raise_for_status()
                longest_s, answered = max(longest_s, time.monotonic() - answered), time.monotonic()
        client.get("/").raise_for_status()
    return max(longest_s, time.monotonic() - answered)


def _submit_until(done: Event, player: int) -> tuple[int, list[str]]:
    """Submit points for a player until `done`. Return the number of submissions, and the cause of each repetition."""
    acknowledged, failures = 0, []
    with httpx.Client(base_url=URL, headers=KEY, timeout=10) as client:
        client.post("/api/users", json={"user_id": player, "username": f"player {player}"}).raise_for_status()
        while not done.wait(_INTERVAL_S):
            failures += _submit(client, {"user_id": player, "score": 1, "submission_id": str(uuid4())})
            acknowledged += 1
    return acknowledged, failures


def _submit(client: httpx.Client, submission: Mapping[str, Any]) -> list[str]:
    """Repeat a submission until it is accepted. Return the cause of each repetition. Raises `AssertionError`."""
    causes: list[str] = []
    while (failure := _failure(client, submission)) is not None:
        causes.append(failure)
        assert len(causes) < _MAX_REPETITIONS, causes
        time.sleep(_PAUSE_S)
    return causes


def _failure(client: httpx.Client, submission: Mapping[str, Any]) -> str | None:
    """Submit. Return the cause of a failure, None if the submission is accepted."""
    began = time.monotonic()
    try:
        answer = client.post("/api/scores", json=submission)
    except httpx.HTTPError as error:
        return f"{error!r} after {time.monotonic() - began:.1f} s"
    if answer.status_code == httpx.codes.OK:
        return None
    return f"{answer.status_code} after {time.monotonic() - began:.1f} s: {answer.text[:300]}"


def _version(deployment: Deployment) -> str:
    return str(deployment.client.get("/api/openapi.json").json()["info"]["version"])
