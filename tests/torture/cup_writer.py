"""Client of tournaments. It joins and submits beyond the limits, and claims each award twice after the settlement."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from time import monotonic, time
from typing import Any
from uuid import UUID

import asyncpg

from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Reply
from leaderforge.torture.report import Report
from tests.torture.api_writer import ApiWriter, lasting_problems
from tests.torture.cups import (
    ATTEMPTS,
    DURATION_S,
    ENTRANTS,
    SETTLED_AFTER_S,
    AwardKey,
    Cup,
    StoredAward,
    StoredCup,
    arrival_problems,
    notices_of,
)
from tests.torture.ledger import StoredEvent
from tests.torture.rig import Rig

_CANDIDATES = ENTRANTS + 2
_SUBMISSIONS = ATTEMPTS + 2
_CLAIMERS = 2
_PAUSE_S = 0.5
_SEARCH_S = 15.0
"""Time in s within which a due settlement is written: the interval of the searches plus the length of a lease."""
_REFUSALS = frozenset(
    {"tournament_full", "tournament_not_open", "not_joined", "attempts_exhausted", "award_claimed", "board_exists"}
)


class CupWriter(ApiWriter):
    """Client that holds one tournament after another. At the end, it compares all of them with the store."""

    def __init__(self, rig: Rig, report: Report, random: Random, players: Sequence[int]) -> None:
        super().__init__(rig, report, random, "tournament", refusals=_REFUSALS)
        self._players = players
        self._cups: list[Cup] = []
        self._unclaimed: list[Cup] = []

    async def write(self, pace_s: float) -> None:
        """Hold a tournament every `pace_s` seconds until `over` is set, and claim awards meanwhile."""
        while not self.over:
            next_at = monotonic() + pace_s
            await self.hold()
            while not self.over and monotonic() < next_at:
                await self._claim_due()
                await asyncio.sleep(_PAUSE_S)

    async def hold(self) -> None:
        """Create a tournament that is open for `DURATION_S`, and fill it beyond its limits."""
        if self._rig.clock.offset_s:
            return
        cup = Cup(f"cup-{len(self._cups) + 1}", time() + DURATION_S, self._rig.clock.jumps)
        rules = {
            "starts_at": _text(cup.ends_at - DURATION_S - 1),
            "ends_at": _text(cup.ends_at),
            "join_required": True,
            "max_entrants": ENTRANTS,
            "max_attempts": ATTEMPTS,
        }
        self._cups.append(cup)
        self._unclaimed.append(cup)
        await self._until_done("POST", "/api/boards", {**cup.settings, "tournament": rules})
        candidates = self._random.sample(self._players, _CANDIDATES)
        await asyncio.gather(*(self._play(cup, user_id) for user_id in candidates))
        if len(cup.joined) > ENTRANTS:
            self._report.conclude([Problem("too many entrants", f"{ENTRANTS} on {cup.slug}", str(cup.joined))])

    async def problems(self, promised_s: float) -> list[Problem]:
        """Return the differences between the client's requests, the store and the events that arrived.

        Wait up to `promised_s` seconds for settlements that are due, and for events.
        """
        # After an absence of the receiver, the pause between deliveries is long. Another failure would double the
        # pause.
        self._rig.receiver.failures = 0.0
        return await lasting_problems(self._problems, promised_s)

    async def summary(self) -> str:
        """Return the numbers of tournaments, awards, claims and events as text."""
        stored = await self._stored()
        settled = sum(cup.is_settled for cup in stored.values())
        awards = sum(len(cup.awards) for cup in stored.values())
        claims = sum(len(cup.claims) for cup in self._cups)
        bodies = self._rig.receiver.bodies()
        return (
            f"{len(stored)} tournaments, {settled} settled, {awards} awards, {claims} claims, {len(bodies)} events "
            f"in {self._rig.receiver.requests} requests"
        )

    async def _problems(self) -> list[Problem]:
        stored = await self._stored()
        problems: list[Problem] = []
        for cup in self._cups:
            if cup.slug in stored:
                is_due = time() > cup.ends_at + SETTLED_AFTER_S + _SEARCH_S
                is_judged = is_due and cup.jumps == self._rig.clock.jumps
                problems += cup.problems(stored[cup.slug], is_judged=is_judged)
        expected, arrived = notices_of(stored), self._rig.receiver.bodies()
        jumped = self._rig.clock.jumps > 0
        return [*problems, *arrival_problems(expected, arrived, is_settled_again=jumped)]

    async def _play(self, cup: Cup, user_id: int) -> None:
        """Make a player join a tournament. Then send more concurrent submissions than the player has attempts."""
        answer = await self._until_done("PUT", f"/api/boards/{cup.slug}/tournament/entrants/{user_id}", None)
        if answer.status == 200:
            cup.joined.add(user_id)
            await asyncio.gather(*(self._submit(cup, user_id) for _ in range(_SUBMISSIONS)))

    async def _submit(self, cup: Cup, user_id: int) -> None:
        submission_id = UUID(int=self._random.getrandbits(128))
        cup.submitted[submission_id] = user_id
        body = {"user_id": user_id, "score": self._random.randrange(1, 1000), "submission_id": str(submission_id)}
        answer = await self._until_done("POST", f"/api/boards/{cup.slug}/scores", body)
        if answer.status == 200:
            cup.counted.add(submission_id)

    async def _claim_due(self) -> None:
        """Claim all awards of the oldest tournament with unclaimed awards, if this tournament may be settled by now."""
        if not self._unclaimed or time() < self._unclaimed[0].ends_at + SETTLED_AFTER_S:
            return
        cup = self._unclaimed[0]
        keys = [key for user_id in sorted(cup.joined) for key in await self._awards(cup, user_id)]
        if keys or time() > cup.ends_at + SETTLED_AFTER_S + _SEARCH_S:
            self._unclaimed.remove(cup)
            await asyncio.gather(*(self._claim(cup, key) for key in keys))

    async def _awards(self, cup: Cup, user_id: int) -> list[AwardKey]:
        """Return the player's awards in a tournament."""
        keys: list[AwardKey] = []
        cursor = ""
        while True:
            answer = await self._until_done("GET", f"/api/users/{user_id}/awards?limit=1000{cursor}", None)
            if answer.status != 200:
                return keys
            keys += [AwardKey(user_id, a["reward"]) for a in answer.body["awards"] if a["board"] == cup.slug]
            if answer.body["next"] is None:
                return keys
            cursor = f"&cursor={answer.body['next']}"

    async def _claim(self, cup: Cup, key: AwardKey) -> None:
        """Claim an award under several ids at once. Exactly one claim must succeed, and succeed again when repeated."""
        claim_ids = [str(UUID(int=self._random.getrandbits(128))) for _ in range(_CLAIMERS)]
        answers = await asyncio.gather(*(self._send_claim(cup, key, claim_id) for claim_id in claim_ids))
        successes = [i for i, answer in zip(claim_ids, answers, strict=True) if answer.status == 200]
        if len(successes) != 1:
            text = f"one claim of {key} on {cup.slug}"
            self._report.violation("claim", 0, [Problem("claimed wrongly", text, str(successes))], answers[0])
        for claim_id in successes:
            cup.claims[key] = claim_id
            answer = await self._send_claim(cup, key, claim_id)
            if answer.status != 200 or answer.body["claim"]["claim_id"] != claim_id:
                problem = Problem("refused wrongly", f"the claim {claim_id} again", f"{answer.status} {answer.body}")
                self._report.violation("claim", 0, [problem], answer)

    async def _send_claim(self, cup: Cup, key: AwardKey, claim_id: str) -> Reply:
        body = {"board": cup.slug, "period": "all-time", "reward": key.reward, "claim_id": claim_id}
        return await self._until_done("POST", f"/api/users/{key.user_id}/awards/claim", body)

    async def _stored(self) -> dict[str, StoredCup]:
        """Return the stored tournaments by slug."""
        slugs = [cup.slug for cup in self._cups]
        connection = await asyncpg.connect(self._rig.dsn)
        try:
            boards = await connection.fetch("select board_id, slug from boards where slug = any ($1)", slugs)
            ids = [row["board_id"] for row in boards]
            rows = {
                table: await connection.fetch(f"select * from {table} where board_id = any ($1)", ids)  # noqa: S608
                for table in ("entrants", "score_events", "awards", "settlements")
            }
        finally:
            await connection.close()
        of_board = {
            row["board_id"]: {
                table: [r for r in found if r["board_id"] == row["board_id"]] for table, found in rows.items()
            }
            for row in boards
        }
        return {row["slug"]: _stored_cup(row["slug"], of_board[row["board_id"]]) for row in boards}


def _stored_cup(slug: str, rows: dict[str, list[Any]]) -> StoredCup:
    return StoredCup(
        {row["user_id"] for row in rows["entrants"] if row["number"] is not None},
        [
            StoredEvent(
                row["user_id"],
                slug,
                row["submission_id"],
                row["score"],
                row["achieved_at"],
                row["received_us"],
                row["void"],
            )
            for row in rows["score_events"]
        ],
        [
            StoredAward(AwardKey(row["user_id"], row["reward"]), row["claim_id"], row["revoked_at"] is not None)
            for row in rows["awards"]
        ],
        any(row["settled_at"] is not None for row in rows["settlements"]),
    )


def _text(time_s: float) -> str:
    """Return a time in s since 1970 as the API reads it."""
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
