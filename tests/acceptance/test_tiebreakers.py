"""Boards with tiebreakers: every call equals brute force, in memory and on each kind of real store."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.times import moment_of, time_text
from tests.acceptance.brute_force import COUNTRY, PLAYERS, START, BruteForce, api_in_memory, api_on_servers
from tests.acceptance.reads import Reads, require_movement
from tests.api_client import ADMIN_KEY, ApiClient
from tests.unit.edge_fixtures import Api
from tests.unit.test_edge_live import listening

pytestmark = pytest.mark.usefixtures("lasting_belief")

TIEBREAKERS = [
    {"name": "time_ms", "order": "asc", "min": 0, "max": 2},
    {"name": "coins", "order": "desc", "min": -(2**40), "max": 2**40},
    {"name": "deaths", "order": "asc", "min": -1, "max": 1},
]
CHOICES = {"time_ms": [0, 1, 2], "coins": [-(2**40), 7, 2**40], "deaths": [-1, 0, 1]}
RULES = list(product(["best", "latest"], ["desc", "asc"], ["ordinal", "shared"]))
BEFORE_MODERATION = START + 10_030_000
DAY = "2026-11-18"
"""Day of all runs in the time zone of the boards. It ends between `START` and `NOW`."""
FEATURES = {
    "moment_days": 9,
    "periods": ["all-time", "daily"],
    "time_zone": "Asia/Kamchatka",
    "segments": ["country"],
}


@dataclass(frozen=True)
class Run:
    """Submission of a test. Submissions are sent in the order of `number`."""

    number: int
    user_id: int
    score: int
    numbers: Mapping[str, int]
    at: int

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON object of a request."""
        names = {"user_id": self.user_id, "score": self.score, "numbers": self.numbers}
        return {**names, "submission_id": str(UUID(int=self.number)), "achieved_at": time_text(self.at)}


class Reference(BruteForce[Run]):
    """Brute-force ranking by score, then three numbers."""

    def worth(self, run: Run) -> tuple[int, ...]:
        """Return score and numbers. A smaller tuple is better."""
        numbers = run.numbers
        score = -run.score if self.order == "desc" else run.score
        return score, numbers["time_ms"], -numbers["coins"], numbers["deaths"]


@pytest.fixture
async def memory() -> AsyncIterator[ApiClient]:
    async with api_in_memory() as api:
        yield api


@pytest.fixture
async def real(valkey, store_dsn: str) -> AsyncIterator[ApiClient]:
    async with api_on_servers(valkey.addresses, store_dsn) as api:
        yield api


async def check(api: ApiClient, kind: str, rules: tuple[str, str, str]) -> None:
    """Submit random runs to a new board, and compare all calls with brute force."""
    random, reference, slug = Random(f"{kind} {rules}"), Reference(*rules), f"laps-{kind}-{'-'.join(rules)}"
    policy, order, style = rules
    settings = {"policy": policy, "order": order, "rank_style": style, "tiebreakers": TIEBREAKERS, **FEATURES}
    created = await api.send("POST", "/api/boards", {"board": slug, **settings}, ADMIN_KEY)
    assert created.status_code == 201, created.text
    assert created.json()["tiebreakers"] == TIEBREAKERS
    assert created.json()["subscore_order"] is None
    runs = [new_run(random, i) for i in range(1, 81)]
    for run in runs[:12]:
        await check_submit(api, slug, reference, run)
    await check_batch(api, slug, reference, runs[12:])
    await check_reads(api, slug, reference, random)
    await check_duplicates(api, slug, reference, runs[3])
    earlier = replace(reference, runs=list(reference.runs))
    await check_moderation(api, slug, reference, random)
    if isinstance(api, Api):
        await check_moment(api, slug, earlier, reference, random)
        await check_stream(api, slug, reference)


def new_run(random: Random, number: int) -> Run:
    numbers = {name: random.choice(choices) for name, choices in CHOICES.items()}
    return Run(number, random.choice(PLAYERS), random.randint(0, 1), numbers, START + random.randint(0, 3))


async def check_submit(api: ApiClient, slug: str, reference: Reference, run: Run) -> None:
    before = [run for _, run in reference.ranking()]
    own = next((earlier for earlier in before if earlier.user_id == run.user_id), None)
    answer = await api.post(f"/api/boards/{slug}/scores?previous=exact&ranks=all", run.body)
    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    reference.runs.append(run)
    counted = reference.run_of(run.user_id)
    assert (receipt["rank"], receipt["score"]) == (reference.rank_of(run.user_id), counted.score)
    assert (receipt["tiebreakers"], receipt["numbers"]) == (counted.numbers, run.numbers)
    assert "subscore" not in receipt
    assert [period["period"] for period in receipt["periods"]] == ["all-time", DAY]
    for period in receipt["periods"]:
        assert (period["tiebreakers"], period["rank"]) == (counted.numbers, receipt["rank"])
    if own is None:
        assert receipt["previous"] is None
    else:
        assert (receipt["previous"]["score"], receipt["previous"]["tiebreakers"]) == (own.score, own.numbers)


async def check_batch(api: ApiClient, slug: str, reference: Reference, runs: Sequence[Run]) -> None:
    bodies = [run.body for run in runs]
    answer = await api.post(f"/api/boards/{slug}/scores/batch", {"submissions": bodies[:-1]})
    reference.runs += runs
    assert all("tiebreakers" in receipt for receipt in answer.json()["results"])
    last = await api.post("/api/scores/batch", {"submissions": [{"board": slug, **bodies[-1]}]})
    [receipt] = last.json()["results"]
    assert receipt["rank"] == reference.rank_of(runs[-1].user_id)
    assert receipt["tiebreakers"] == reference.run_of(runs[-1].user_id).numbers


def seen(entries: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    assert all("subscore" not in entry for entry in entries)
    return [(e["rank"], e["user_id"], e["score"], e["tiebreakers"], e["achieved_at"]) for e in entries]


def expected(ranking: Sequence[tuple[int, Run]]) -> list[tuple[object, ...]]:
    return [(rank, run.user_id, run.score, run.numbers, time_text(run.at)) for rank, run in ranking]


async def check_reads(api: ApiClient, slug: str, reference: Reference, random: Random) -> None:
    """Compare each kind of read with the ranking of all runs: in general, in a past period, and in a segment."""
    reads, within = reads_of(api, slug, reference), reference.within("FI")
    past = replace(reads, restriction=f"period={DAY}")
    for view in (reads, past, replace(reads, ranking=within.ranking(), restriction="segment=country:FI")):
        await view.check(random)
        await view.check_friends()
    for rank, run in reference.ranking()[::4]:
        answer = await reads.get(f"ranks/{run.user_id}?")
        country = COUNTRY.get(run.user_id)
        expected_in = {} if country is None else {"country": reference.within(country).rank_of(run.user_id)}
        assert (answer["rank"], answer["rank_in"]) == (rank, expected_in)
        await check_history(api, reads.url, reference, run.user_id)
        await check_standings(api, slug, reads, run.user_id)
    await check_exports(api, reads.url, reads.everything)


def reads_of(api: ApiClient, slug: str, reference: Reference) -> Reads[Run]:
    return Reads(api, slug, reference.ranking(), seen, expected, int)


async def check_standings(api: ApiClient, slug: str, reads: Reads[Run], user_id: int) -> None:
    """Compare the standings of a player in the current periods. No run is in the current day."""
    path = f"/api/users/{user_id}/standings?board={slug}"
    standings = (await api.get(path)).json()["standings"]
    assert [standing["period"] for standing in standings] == ["all-time"]
    assert seen(standings) == [entry for entry in reads.everything if entry[1] == user_id]


async def check_history(api: ApiClient, url: str, reference: Reference, user_id: int) -> None:
    own = sorted((run for run in reference.runs if run.user_id == user_id), key=lambda run: (run.at, run.number))
    points = (await api.get(f"{url}/history/{user_id}")).json()["points"]
    assert [point["numbers"] for point in points] == [run.numbers for run in own]
    for i, point in enumerate(points, 1):
        so_far = Reference(reference.policy, reference.order, reference.style, runs=own[:i]).run_of(user_id)
        assert (point["score"], point["tiebreakers"]) == (so_far.score, so_far.numbers)


async def check_exports(api: ApiClient, url: str, everything: Sequence[object]) -> None:
    lines = (await api.get(f"{url}/export?format=ndjson", ADMIN_KEY)).text.splitlines()
    assert seen([json.loads(line) for line in lines]) == everything
    rows = list(csv.DictReader(io.StringIO((await api.get(f"{url}/export?format=csv", ADMIN_KEY)).text)))
    values = [
        (int(r["rank"]), int(r["user_id"]), int(r["score"]), json.loads(r["tiebreakers"]), r["achieved_at"])
        for r in rows
    ]
    assert values == everything


async def check_duplicates(api: ApiClient, slug: str, reference: Reference, run: Run) -> None:
    repeated = await api.post(f"/api/boards/{slug}/scores", run.body)
    assert (repeated.status_code, repeated.json()["duplicate"]) == (200, True), repeated.text
    sent = {**run.numbers, "deaths": 1 - run.numbers["deaths"] if run.numbers["deaths"] >= 0 else 0}
    conflict = await api.post(f"/api/boards/{slug}/scores", {**run.body, "numbers": sent})
    assert conflict.status_code == 409, conflict.text
    assert conflict.json()["error"]["details"]["differences"] == {
        "numbers": {"stored": dict(run.numbers), "sent": sent}
    }
    missing = await api.post(f"/api/boards/{slug}/scores", {**run.body, "numbers": {"coins": 7, "deaths": 0}})
    assert (missing.status_code, "orders by time_ms" in missing.text) == (422, True), missing.text


async def check_moderation(api: ApiClient, slug: str, reference: Reference, random: Random) -> None:
    """Remove submissions, set scores, and compare the ranking and the data of a player again."""
    if isinstance(api, Api):
        api.clock.now += 60_000
    url = f"/api/boards/{slug}"
    for run in random.sample(reference.runs, 10):
        if sum(other.user_id == run.user_id for other in reference.runs) == 1:
            continue
        path = f"{url}/entries/{run.user_id}/submissions/{UUID(int=run.number)}?reason=tests"
        removed = await api.send("DELETE", path, None, ADMIN_KEY)
        assert removed.status_code == 200, removed.text
        reference.runs.remove(run)
    numbers = {"time_ms": 1, "coins": 12345, "deaths": 0}
    body = {"score": 1, "numbers": numbers, "reason": "tests"}
    answer = await api.send("PUT", f"{url}/entries/{PLAYERS[0]}", body, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    refused = await api.send("PUT", f"{url}/entries/{PLAYERS[0]}", {"score": 1, "reason": "tests"}, ADMIN_KEY)
    assert refused.status_code == 422, refused.text
    achieved = moment_of((await api.get(f"{url}/ranks/{PLAYERS[0]}")).json()["achieved_at"])
    reference.runs = [run for run in reference.runs if run.user_id != PLAYERS[0]]
    reference.runs.append(Run(1000, PLAYERS[0], 1, numbers, round(achieved.timestamp() * 1000)))
    assert await reads_of(api, slug, reference).entries("page?limit=100") == expected(reference.ranking())
    exported = (await api.get(f"/api/users/{PLAYERS[0]}/export", ADMIN_KEY)).json()
    standings = {s["period"]: s for s in exported["standings"] if s["board"] == slug}
    standing = standings["all-time"]
    assert (standing["tiebreakers"], standing["subscore"]) == (numbers, 0)
    events = [event for event in exported["events"] if event["board"] == slug]
    assert events[-1]["numbers"] == numbers
    assert {event["subscore"] for event in events} == {0}


async def check_moment(api: Api, slug: str, earlier: Reference, reference: Reference, random: Random) -> None:
    """Read the board as it was before the changes of moderators. The test must be able to set the clock of the API."""
    api.clock.now += 60_000
    moment = time_text(BEFORE_MODERATION)
    reads = reads_of(api, slug, earlier)
    within = earlier.within("SE").ranking()
    past = replace(reads, restriction=f"at={moment}")
    for view in (past, replace(past, ranking=within, restriction=f"at={moment}&segment=country:SE")):
        await view.check(random)
        await view.check_friends()
    for path in ("page?limit=100", f"around/{PLAYERS[0]}?radius=50"):
        answer = await reads.get(f"{path}&since={moment}")
        assert seen(answer["entries"]) == expected(reference.ranking())
        require_movement(answer["entries"], earlier.ranking(), int)


async def check_stream(api: Api, slug: str, reference: Reference) -> None:
    """Compare the first event of a live board."""
    async with listening(api, f"/api/boards/{slug}/stream?limit=7") as listener:
        await listener.until(1)
    [(_, event)] = listener.events
    assert seen(event["entries"]) == expected(reference.ranking())[:7]


@pytest.mark.parametrize("rules", RULES, ids="-".join)
async def test_every_call_equals_brute_force_in_memory(memory: ApiClient, rules: tuple[str, str, str]) -> None:
    await check(memory, "memory", rules)


@pytest.mark.parametrize(
    "rules",
    [pytest.param(r, marks=() if r in {RULES[0], RULES[-1]} else pytest.mark.long, id="-".join(r)) for r in RULES],
)
async def test_every_call_equals_brute_force(real: ApiClient, rules: tuple[str, str, str], store_dsn: str) -> None:
    await check(real, "real", rules)
