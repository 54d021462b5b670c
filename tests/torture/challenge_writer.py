"""Client of private challenges. It creates and joins beyond the limits, submits, and checks the results."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from time import monotonic, time
from uuid import UUID

import asyncpg

from leaderforge.torture.checks import Problem
from leaderforge.torture.report import Report
from tests.torture.api_writer import ApiWriter, lasting_problems
from tests.torture.challenges import (
    BOARD,
    LENGTH_S,
    MAX_PLAYERS,
    OwnChallenge,
    StoredChallenge,
    StoredPlayer,
    answer_problems,
    entries_of,
    limit_problems,
    problems_of,
)
from tests.torture.ledger import StoredEvent
from tests.torture.rig import Rig

_CREATIONS = 2
"""Number of concurrent creations by one player."""
_CANDIDATES = MAX_PLAYERS + 1
_PAUSE_S = 0.5
_FINAL_S = LENGTH_S + 25.0
"""Time in s from the creation of a challenge until its result is final: all submissions for it are committed."""
_REFUSALS = frozenset({"challenge_full", "challenge_over", "too_many_challenges", "board_exists"})


class ChallengeWriter(ApiWriter):
    """Client that creates challenges one after another. At the end, it compares all of them with the store."""

    def __init__(self, rig: Rig, report: Report, random: Random, players: Sequence[int]) -> None:
        super().__init__(rig, report, random, "challenge", refusals=_REFUSALS)
        self._players = players
        self._challenges: list[OwnChallenge] = []
        self._created_at: dict[str, float] = {}
        self._counted: dict[UUID, int] = {}

    async def write(self, pace_s: float) -> None:
        """Create challenges every `pace_s` seconds until `over` is set. Submit and read results meanwhile."""
        await self._until_done("POST", "/api/boards", {"board": BOARD, "policy": "best"})
        while not self.over:
            next_at = monotonic() + pace_s
            if not self._rig.clock.offset_s:
                await self.hold()
            while not self.over and monotonic() < next_at:
                await self._submit(self._random.choice(self._players))
                await self._read_final()
                await asyncio.sleep(_PAUSE_S)

    async def hold(self) -> None:
        """Create challenges of one player concurrently. Make more players join each challenge than it has places."""
        creator, *candidates = self._random.sample(self._players, 1 + _CANDIDATES)
        created = await asyncio.gather(*(self._create(creator) for _ in range(_CREATIONS)))
        challenges = [challenge for challenge in created if challenge is not None]
        await asyncio.gather(*(self._join(challenge, i) for challenge in challenges for i in candidates))

    async def problems(self, promised_s: float) -> list[Problem]:
        """Return the differences between requests, answers and store that last for `promised_s` seconds."""
        return await lasting_problems(self._problems, promised_s)

    async def summary(self) -> str:
        """Return the numbers of challenges, players and submissions as text."""
        stored, events = await self._stored()
        players = sum(len(challenge.players) for challenge in stored.values())
        final = sum(challenge.answer is not None for challenge in self._challenges)
        return f"{len(stored)} challenges, {players} players, {len(events)} submissions, {final} results after the end"

    async def _create(self, creator: int) -> OwnChallenge | None:
        challenge_id, jumps = UUID(int=self._random.getrandbits(128)), self._rig.clock.jumps
        body = {"board": BOARD, "user_id": creator, "length_s": LENGTH_S, "max_players": MAX_PLAYERS}
        answer = await self._until_done("POST", "/api/challenges", {**body, "challenge_id": str(challenge_id)})
        if answer.status != 200:
            return None
        challenge = OwnChallenge(answer.body["invitation"], challenge_id, creator, jumps, {creator})
        self._challenges.append(challenge)
        self._created_at[challenge.invitation] = time()
        return challenge

    async def _join(self, challenge: OwnChallenge, user_id: int) -> None:
        path = f"/api/challenges/{challenge.invitation}/players/{user_id}"
        if (await self._until_done("PUT", path, None)).status == 200:
            challenge.joined.add(user_id)

    async def _submit(self, user_id: int) -> None:
        submission_id = UUID(int=self._random.getrandbits(128))
        body = {"user_id": user_id, "score": self._random.randrange(1, 100), "submission_id": str(submission_id)}
        answer = await self._until_done("POST", f"/api/boards/{BOARD}/scores", body)
        if answer.status == 200:
            self._counted[submission_id] = user_id

    async def _read_final(self) -> None:
        """Read and keep the final result of an ended challenge. At the end of the run, it must be the same."""
        final_before = time() - _FINAL_S
        ended = [c for c in self._judged() if c.answer is None and self._created_at[c.invitation] < final_before]
        if ended and not self._rig.clock.offset_s:
            answer = await self._until_done("GET", f"/api/challenges/{ended[0].invitation}", None)
            if answer.status == 200:
                ended[0].answer = entries_of(answer.body)

    def _judged(self) -> list[OwnChallenge]:
        """Return the challenges to check. Leave out challenges with a clock jump since their creation.

        While a clock is a day ahead, challenges end early, and new challenges may replace them.
        """
        return [challenge for challenge in self._challenges if challenge.jumps == self._rig.clock.jumps]

    async def _problems(self) -> list[Problem]:
        stored, events = await self._stored()
        problems = [p for own in self._judged() for p in problems_of(own, stored.get(own.invitation))]
        if not self._rig.clock.jumps:
            problems += limit_problems(list(stored.values()))
        known = {event.submission_id for event in events}
        problems += [
            Problem("lost submission", f"{submission_id} on {BOARD}", "no event", user_id)
            for submission_id, user_id in self._counted.items()
            if submission_id not in known
        ]
        for own in self._judged():
            if (challenge := stored.get(own.invitation)) is not None:
                answer = await self._until_done("GET", f"/api/challenges/{own.invitation}", None)
                if answer.status == 200:
                    problems += answer_problems(own, challenge, answer.body)
        return problems

    async def _stored(self) -> tuple[dict[str, StoredChallenge], list[StoredEvent]]:
        """Return the stored challenges by invitation, and the events of their board."""
        connection = await asyncpg.connect(self._rig.dsn)
        try:
            board_id = await connection.fetchval("select board_id from boards where slug = $1", BOARD)
            challenges = await connection.fetch("select * from challenges where board_id = $1", board_id)
            rows = await connection.fetch("select * from challenge_players order by number")
            event_rows = await connection.fetch("select * from score_events where board_id = $1", board_id)
        finally:
            await connection.close()
        players: defaultdict[str, list[StoredPlayer]] = defaultdict(list)
        for row in rows:
            player = StoredPlayer(row["user_id"], row["number"], row["joined_at"], row["challenge_id"])
            players[row["invitation"]].append(player)
        events = [_event(row) for row in event_rows]
        stored = {
            row["invitation"]: StoredChallenge(
                row["starts_at"], row["ends_at"], row["players"], players[row["invitation"]], events
            )
            for row in challenges
        }
        return stored, events


def _event(row: asyncpg.Record) -> StoredEvent:
    values = row["submission_id"], row["score"], row["achieved_at"], row["received_us"], row["void"]
    return StoredEvent(row["user_id"], BOARD, *values)
