"""Boards with 64-bit scores: every call equals brute force over Python integers, in memory and on each real store."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.times import moment_of, time_text
from tests.acceptance.brute_force import PLAYERS, START, BruteForce, api_in_memory, api_on_servers
from tests.acceptance.reads import Reads, require_movement
from tests.api_client import ADMIN_KEY, ApiClient
from tests.unit.edge_fixtures import Api

pytestmark = pytest.mark.usefixtures("lasting_belief")

MOST = 2**63 - 1
EDGES = [sign * edge + step for edge in (2**53, 2**62, 0) for sign in (1, -1) for step in (-1, 0, 1)]
EDGES += [MOST, MOST - 1, -MOST, 1 - MOST]
COINS = {"name": "coins", "order": "desc", "min": 0, "max": 2**40}
RULES = [
    *product(["best", "latest"], ["desc", "asc"], ["ordinal", "shared"], [False, True]),
    *product(["sum"], ["desc", "asc"], ["ordinal", "shared"], [False]),  # sums have no tiebreakers
]
SHORT = {RULES[0], RULES[7], RULES[10], RULES[13], RULES[19]}
"""Combinations of rules for short tests on real stores. Each value of each rule except `sum` occurs twice or more."""
PARTS = [*EDGES[:6], 0, 2**58, -(2**58)]
"""Scores whose sums are within 64 bits, for each number of runs of one player."""
BEFORE_MODERATION = START + 10_030_000
TIERS = [{"name": "gold", "score": str(2**62)}, {"name": "silver", "score": "9007199254740993"}, {"name": "rest"}]


@dataclass(frozen=True)
class Run:
    """Submission of a test. Submissions are sent in the order of `number`."""

    number: int
    user_id: int
    score: int
    coins: int
    at: int

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON object of a request. A score that fits a JSON number is sometimes sent as a number."""
        score = self.score if abs(self.score) < 2**53 and self.number % 2 else str(self.score)
        names = {"user_id": self.user_id, "score": score, "numbers": {"coins": self.coins}}
        return {**names, "submission_id": str(UUID(int=self.number)), "achieved_at": time_text(self.at)}


@dataclass
class Reference(BruteForce[Run]):
    """Brute-force ranking by score, then coins."""

    breaks_ties: bool

    def worth(self, run: Run) -> tuple[int, int]:
        """Return score and tiebreaker. A smaller tuple is better."""
        return -run.score if self.order == "desc" else run.score, -run.coins if self.breaks_ties else 0

    def run_of(self, user_id: int) -> Run:
        """Return the run that counts for a player. A sum has the time of the latest run that changes it."""
        if self.policy != "sum":
            return super().run_of(user_id)
        own = [run for run in self.runs if run.user_id == user_id]
        times = [run.at for run in own if run.score]
        at = max(times) if times else min(run.at for run in own)
        return replace(own[0], score=sum(run.score for run in own), at=at)


@pytest.fixture
async def memory() -> AsyncIterator[ApiClient]:
    async with api_in_memory() as api:
        yield api


@pytest.fixture
async def real(valkey, store_dsn: str) -> AsyncIterator[ApiClient]:
    async with api_on_servers(valkey.addresses, store_dsn) as api:
        yield api


async def check(api: ApiClient, kind: str, rules: tuple[str, str, str, bool]) -> None:
    """Submit random runs to a new board, and compare all calls with brute force."""
    policy, order, style, breaks_ties = rules
    random, reference = Random(f"{kind} {rules}"), Reference(*rules)
    slug = f"idle-{kind}-{policy}-{order}-{style}-{breaks_ties}".lower()
    settings = {"policy": policy, "order": order, "rank_style": style, "moment_days": 9, "score_type": "int64"}
    settings["tiers"] = TIERS if order == "desc" else TIERS[1::-1] + TIERS[2:]
    if breaks_ties:
        settings["tiebreakers"] = [COINS]
    created = await api.send("POST", "/api/boards", {"board": slug, **settings}, ADMIN_KEY)
    assert created.status_code == 201, created.text
    assert (created.json()["score_type"], created.json()["tiers"]) == ("int64", settings["tiers"])
    runs = [new_run(random, i, policy) for i in range(1, 81)]
    for run in runs[:12]:
        await check_submit(api, slug, reference, run)
    await check_batch(api, slug, reference, runs[12:])
    await check_reads(api, slug, reference, random)
    await check_duplicates(api, slug, runs[3])
    reads = reads_of(api, slug, reference)
    await check_moderation(api, slug, reference, random)
    if isinstance(api, Api):
        await check_moment(api, reads)


def new_run(random: Random, number: int, policy: str) -> Run:
    score = random.choice([*EDGES, random.randint(-MOST, MOST), random.randint(-MOST, MOST)])
    if policy == "sum":
        score = random.choice([*PARTS, random.randint(-(2**58), 2**58)])
    return Run(number, random.choice(PLAYERS), score, random.choice([0, 2**40]), START + random.randint(0, 3))


def tier_of(reference: Reference, score: int) -> str:
    """Return the name of the tier of a score."""
    silver = 9_007_199_254_740_993
    if reference.order == "desc":
        return "gold" if score >= 2**62 else "silver" if score >= silver else "rest"
    return "silver" if score <= silver else "gold" if score <= 2**62 else "rest"


def missing_points(reference: Reference, score: int) -> str | None:
    """Return the distance to the next better tier as text, None in the best tier."""
    limits = [9_007_199_254_740_993, 2**62]
    if reference.order == "desc":
        better = [limit for limit in limits if score < limit]
        return str(better[0] - score) if better else None
    better = [limit for limit in limits if score > limit]
    return str(score - better[-1]) if better else None


async def check_submit(api: ApiClient, slug: str, reference: Reference, run: Run) -> None:
    before = [earlier for _, earlier in reference.ranking()]
    own = next((earlier for earlier in before if earlier.user_id == run.user_id), None)
    answer = await api.post(f"/api/boards/{slug}/scores?previous=exact&ranks=all", run.body)
    assert answer.status_code == 200, answer.text
    receipt = answer.json()
    reference.runs.append(run)
    counted = reference.run_of(run.user_id)
    assert (receipt["rank"], receipt["score"]) == (reference.rank_of(run.user_id), str(counted.score))
    assert receipt["tier"] == tier_of(reference, counted.score)
    points = missing_points(reference, counted.score)
    assert (receipt["next_tier"] or {}).get("points") == points
    [period] = receipt["periods"]
    assert (period["score"], period["rank"]) == (str(counted.score), receipt["rank"])
    assert receipt["previous"] == period["previous"]
    assert (receipt["previous"] or {}).get("score") == (None if own is None else str(own.score))


async def check_batch(api: ApiClient, slug: str, reference: Reference, runs: Sequence[Run]) -> None:
    bodies = [run.body for run in runs]
    answer = await api.post(f"/api/boards/{slug}/scores/batch", {"submissions": bodies[:-1]})
    reference.runs += runs
    assert all(isinstance(receipt["score"], str) for receipt in answer.json()["results"])
    last = await api.post("/api/scores/batch", {"submissions": [{"board": slug, **bodies[-1]}]})
    [receipt] = last.json()["results"]
    assert receipt["rank"] == reference.rank_of(runs[-1].user_id)
    assert receipt["score"] == str(reference.run_of(runs[-1].user_id).score)


def seen(entries: Sequence[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(e["rank"], e["user_id"], e["score"], e["achieved_at"]) for e in entries]


def expected(ranking: Sequence[tuple[int, Run]]) -> list[tuple[object, ...]]:
    return [(rank, run.user_id, str(run.score), time_text(run.at)) for rank, run in ranking]


async def check_reads(api: ApiClient, slug: str, reference: Reference, random: Random) -> None:
    """Compare each kind of read with the ranking of all runs."""
    reads = reads_of(api, slug, reference)
    await reads.check(random)
    await reads.check_friends()
    for _, run in reads.ranking[::4]:
        assert (await reads.get(f"ranks/{run.user_id}?"))["tier"] == tier_of(reference, run.score)
        await check_history(api, reads.url, reference, run.user_id)
    await check_ranges(api, reads.url, reads.ranking, random)
    await check_exports(api, reads.url, reads.everything)


def reads_of(api: ApiClient, slug: str, reference: Reference) -> Reads[Run]:
    return Reads(api, slug, reference.ranking(), seen, expected, str)


async def check_ranges(api: ApiClient, url: str, ranking: Sequence[tuple[int, Run]], random: Random) -> None:
    scores = [run.score for _, run in ranking]
    bounds = [(-MOST, MOST), (MOST, MOST), (-MOST, -MOST), (2**53 - 1, 2**53 + 1), (scores[3], scores[3])]
    bounds += [tuple(sorted(random.sample(scores, 2))) for _ in range(4)]
    for low, high in bounds:
        chosen = expected([(rank, run) for rank, run in ranking if low <= run.score <= high])
        page = (await api.get(f"{url}/range?min_score={low}&max_score={high}&limit=3")).json()
        assert page["total"] == len(chosen)
        collected = seen(page["entries"])
        while page["next"] is not None:
            path = f"{url}/range?min_score={low}&max_score={high}&limit=3&cursor={page['next']}"
            page = (await api.get(path)).json()
            collected += seen(page["entries"])
        assert collected == chosen


async def check_history(api: ApiClient, url: str, reference: Reference, user_id: int) -> None:
    own = sorted((run for run in reference.runs if run.user_id == user_id), key=lambda run: (run.at, run.number))
    points = (await api.get(f"{url}/history/{user_id}")).json()["points"]
    assert [point["submitted"] for point in points] == [str(run.score) for run in own]
    rules = reference.policy, reference.order, reference.style, reference.breaks_ties
    so_far = [Reference(*rules, runs=own[:i]).run_of(user_id) for i in range(1, len(points) + 1)]
    assert [point["score"] for point in points] == [str(run.score) for run in so_far]


async def check_exports(api: ApiClient, url: str, everything: Sequence[object]) -> None:
    lines = (await api.get(f"{url}/export?format=ndjson", ADMIN_KEY)).text.splitlines()
    assert seen([json.loads(line) for line in lines]) == everything
    rows = csv.DictReader(io.StringIO((await api.get(f"{url}/export?format=csv", ADMIN_KEY)).text))
    assert [(int(r["rank"]), int(r["user_id"]), r["score"], r["achieved_at"]) for r in rows] == everything


async def check_duplicates(api: ApiClient, slug: str, run: Run) -> None:
    repeated = await api.post(f"/api/boards/{slug}/scores", {**run.body, "score": str(run.score)})
    assert (repeated.status_code, repeated.json()["duplicate"]) == (200, True), repeated.text
    sent = str(run.score - 1 if run.score > 0 else run.score + 1)
    conflict = await api.post(f"/api/boards/{slug}/scores", {**run.body, "score": sent})
    assert conflict.status_code == 409, conflict.text
    differences = conflict.json()["error"]["details"]["differences"]
    assert differences == {"score": {"stored": str(run.score), "sent": sent}}


async def check_moderation(api: ApiClient, slug: str, reference: Reference, random: Random) -> None:
    """Remove and restore submissions, set a score, and compare the ranking and the data of a player again."""
    if isinstance(api, Api):
        api.clock.now += 60_000
    url = f"/api/boards/{slug}"
    for position, run in enumerate(random.sample(reference.runs, 10)):
        if sum(other.user_id == run.user_id for other in reference.runs) == 1:
            continue
        path = f"{url}/entries/{run.user_id}/submissions/{UUID(int=run.number)}"
        removed = await api.send("DELETE", f"{path}?reason=tests", None, ADMIN_KEY)
        assert removed.status_code == 200, removed.text
        if position % 2:
            restored = await api.send("POST", f"{path}/restore", {"reason": "tests"}, ADMIN_KEY)
            assert restored.status_code == 200, restored.text
        else:
            reference.runs.remove(run)
    body = {"score": str(MOST), "numbers": {"coins": 5}, "reason": "tests"}
    answer = await api.send("PUT", f"{url}/entries/{PLAYERS[0]}", body, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    achieved = moment_of((await api.get(f"{url}/ranks/{PLAYERS[0]}")).json()["achieved_at"])
    reference.runs = [run for run in reference.runs if run.user_id != PLAYERS[0]]
    reference.runs.append(Run(1000, PLAYERS[0], MOST, 5, round(achieved.timestamp() * 1000)))
    assert await reads_of(api, slug, reference).entries("page?limit=100") == expected(reference.ranking())
    exported = (await api.get(f"/api/users/{PLAYERS[0]}/export", ADMIN_KEY)).json()
    [standing] = [standing for standing in exported["standings"] if standing["board"] == slug]
    assert standing["score"] == str(MOST)
    events = [event for event in exported["events"] if event["board"] == slug]
    assert events[-1]["score"] == str(MOST)
    assert all(isinstance(event["score"], str) for event in events)
    [act] = [act for act in exported["acts"] if act["action"] == "entry.set" and act["board"] == slug]
    assert act["details"]["score"] == str(MOST)


async def check_moment(api: Api, reads: Reads[Run]) -> None:
    """Read the board as it was before the changes of moderators, through an API whose clock the test can set."""
    api.clock.now += 60_000
    moment = time_text(BEFORE_MODERATION)
    assert await reads.entries(f"page?limit=100&at={moment}") == reads.everything
    require_movement((await reads.get(f"page?limit=100&since={moment}"))["entries"], reads.ranking, str)


@pytest.mark.parametrize("rules", RULES, ids=str)
async def test_every_call_equals_brute_force_in_memory(memory: ApiClient, rules: tuple[str, str, str, bool]) -> None:
    await check(memory, "memory", rules)


@pytest.mark.parametrize(
    "rules", [pytest.param(r, marks=() if r in SHORT else pytest.mark.long, id=str(r)) for r in RULES]
)
async def test_every_call_equals_brute_force(
    real: ApiClient, rules: tuple[str, str, str, bool], store_dsn: str
) -> None:
    await check(real, "real", rules)
