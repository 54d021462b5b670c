"""One conformance case against one SDK: prepare, perform, compare. sdk/conformance/README.md has the format."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.api_client import ADMIN_KEY, SUBMIT_KEY, ApiClient
from tests.sdk.drivers import SDK, Driver, Killed, Refused, result_of
from tests.sdk.hostile import HostileProxy, Script
from tests.tokens import token
from tests.torture.network import Disturbance
from tests.waiting import until

CASES: Sequence[Mapping[str, Any]] = json.loads((SDK / "conformance" / "cases.json").read_text(encoding="utf-8"))


@dataclass(slots=True)
class Trial:
    """Run of a case. `number` makes its board and player unique."""

    case: Mapping[str, Any]
    number: int
    api: ApiClient
    proxy: HostileProxy
    driver: Driver
    queue: Path
    signed_in: int | None = None
    _names: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> None:
        """Perform the case. Fails if a result, a request or a standing is not as the case expects."""
        self._names = {"$board": f"case-{self.number}", "$player": 40_000 + self.number, "$name": f"case {self.number}"}
        await self._prepare()
        self.proxy.restart(Script(self._filled(self.case.get("faults", []))))
        await self._open(self.case.get("open", {}))
        for step in self.case["steps"]:
            await self._perform(step)
        await self._compare()

    async def _prepare(self) -> None:
        board = {"board": self._names["$board"], "policy": "sum", **self.case.get("board", {})}
        assert (await self.api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        assert (await self.api.post("/api/users", {"user_id": self._names["$player"]})).status_code == 201

    async def _open(self, changes: Mapping[str, Any]) -> None:
        credentials = {"key": changes.get("key", SUBMIT_KEY), "token": None}
        if changes.get("token"):
            credentials["token"] = token(self._names["$player"])
        url = f"http://127.0.0.1:{self.proxy.port}"
        options = {"backoff_s": 0.25, **changes.get("options", {})}
        await self.driver.do("open", url=url, queue=str(self.queue), options=options, **credentials)

    async def _perform(self, step: Mapping[str, Any]) -> None:
        match step:
            case {"call": name}:
                op = {"name": name, "args": step.get("args", []), "options": step.get("options", {})}
                await self._do(step, "call", op)
            case {"queue": name}:
                await self._do(step, "queue", {"name": name, "args": step.get("args", [])})
            case {"all": name}:
                await self._do(step, "all", {"name": name, "args": step["args"], "options": step.get("options", {})})
            case {"iterate": name}:
                op = {"name": name, "args": step["args"], "options": step.get("options", {})}
                await self._do(step, "iterate", op)
            case {"next": expected}:
                await self._do({**step, "gives": expected}, "next", {})
            case {"stop": _}:
                await self.driver.do("stop")
            case {"open": changes}:
                await self._open(changes)
            case {"faults": lines}:
                self.proxy.plan = Script(self._filled(lines))
            case {"player": expected}:
                await self._check_player(expected)
            case _:
                await self._disturb(step, None)

    async def _do(self, step: Mapping[str, Any], op: str, args: Mapping[str, Any]) -> None:
        """Send a command to the driver, perform the step's acts in `meanwhile`, and compare the result."""
        number, answer = await self.driver.start(op, **self._filled(args))
        for other in step.get("meanwhile", []):
            await self._disturb(other, number)
        raised = self._filled(step.get("raises"))
        try:
            result = await result_of(answer)
        except Refused as refused:
            self._compare_refusal(refused.error, raised)
        except Killed:
            assert {"kill": True} in step.get("meanwhile", [])
        else:
            assert raised is None, f"expected {raised}, got {result}"
            require(result, self._filled(step.get("gives")))

    def _compare_refusal(self, error: Mapping[str, Any], expected: Mapping[str, Any] | None) -> None:
        assert expected is not None, error
        assert {name: error.get(name) for name in expected} == expected

    async def _disturb(self, step: Mapping[str, Any], running: int | None) -> None:
        """Change the surroundings of the SDK."""
        match step:
            case {"kill": _}:
                await self.driver.kill()
            case {"cancel": _}:
                await self.driver.do("cancel", id=running)
            case {"network": "cut"}:
                self.proxy.network.disturb(Disturbance(is_cut=True))
            case {"network": "mend"}:
                self.proxy.network.mend(reset=True)
            case {"await_requests": count}:
                await until(lambda: len(self.proxy.requests) >= count, f"{count} requests")
            case {"await_status": status}:
                await until(lambda: self.proxy.statuses[status], f"an answer with status {status}")
            case {"server_score": score}:
                await self._score(self._names["$player"], score)
            case {"server_scores": count}:
                for player in range(count):
                    body = {"user_id": 1_000_000 + self.number * 100 + player}
                    await self.api.post("/api/users", body)
                    await self._score(body["user_id"], 10 + player)
            case {"server": call}:
                method, path = self._filled(call).split(" ")
                answer = await self.api.send(method, path, step.get("body"), ADMIN_KEY)
                assert answer.status_code == 200, answer.text
            case _:
                raise AssertionError(f"unknown step {step}")

    async def _score(self, player: int, score: int) -> None:
        path = f"/api/boards/{self._names['$board']}/scores"
        assert (await self.api.post(path, {"user_id": player, "score": score})).status_code == 200

    async def _check_player(self, expected: str) -> None:
        player = await self.driver.do("player")
        if expected == "remember":
            self.signed_in = self._names["$signed_in"] = player
            assert player is not None
        else:
            assert player == (self.signed_in if expected == "same" else None)

    async def _compare(self) -> None:
        events = await self.driver.do("telemetry")
        self._compare_requests()
        kinds = Counter(event["kind"] for event in events)
        for kind, count in self.case.get("events", {}).items():
            assert kinds[kind] == count, events
        self._compare_waits([event["wait_s"] for event in events if event["kind"] == "retry"])
        if self.case.get("secrecy"):
            assert not [secret for secret in (SUBMIT_KEY, "eyJ", "lfr_") if secret in json.dumps(events)]
        if "pending" in self.case:
            assert len(await self.driver.do("queue", name="pending")) == self.case["pending"]
        if "rejected" in self.case:
            refused = await self.driver.do("queue", name="rejected")
            assert [score["code"] for score in refused] == self.case["rejected"]
        if "standing" in self.case:
            path = f"/api/boards/{self._names['$board']}/ranks/{self._names['$player']}"
            standing = (await self.api.get(path)).json()
            assert {name: standing.get(name) for name in ("score", "submissions")} == self.case["standing"], standing

    def _compare_requests(self) -> None:
        for line, count in self.case.get("requests", {}).items():
            assert self.proxy.count(self._filled(line)) == count, self.proxy.requests

    def _compare_waits(self, waits: Sequence[float]) -> None:
        if bounds := self.case.get("waits"):
            assert len(waits) == len(bounds["at_least"])
            limits = zip(bounds["at_least"], waits, bounds["at_most"], strict=True)
            assert all(low <= wait <= high + 1e-9 for low, wait, high in limits), waits
        if distinct := self.case.get("distinct_waits"):
            assert len({round(wait, 6) for wait in waits}) >= distinct

    def _filled(self, value: Any) -> Any:
        """Return the value with the names of this run in place of `$board`, `$player` and `$name`."""
        if isinstance(value, str):
            if value in self._names:
                return self._names[value]
            for name, text in self._names.items():
                value = value.replace(name, str(text))
            return value
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, dict):
            return {name: self._filled(item) for name, item in value.items()}
        return value


def require(result: Any, expected: Any) -> None:
    """Fail unless a result is as expected.

    `expected` is a value, or an object with the expected value for each dotted path. The path `length` stands for the
    length of the result. The text `any` accepts all values but None, and None accepts all results.
    """
    if expected is not None:
        _require(result, expected)


def _require(result: Any, expected: Any) -> None:
    if isinstance(expected, Mapping):
        for path, value in expected.items():
            _require(len(result) if path == "length" else _at(result, path), value)
    elif expected == "any":
        assert result is not None
    else:
        assert result == expected


def _at(result: Any, path: str) -> Any:
    for part in path.split("."):
        result = result[int(part)] if isinstance(result, list) else result[part]
    return result
