"""Code examples in docs/sign-in.md and of the ticket exchange. The service accepts the tokens of these examples."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException

from examples import ticket_exchange
from tests.tokens import TOKENS
from tests.unit.edge_fixtures import serving

PAGE = Path(__file__).parents[2] / "docs" / "sign-in.md"
SETTINGS = {**TOKENS, "LEADERFORGE_TOKEN_PLAYER_ID": "external_id", "LEADERFORGE_CREATE_PLAYERS": "1"}
STEAM = {"result": "OK", "steamid": "76561190012345678", "ownersteamid": "1", "vacbanned": False}


def snippet(language: str) -> str:
    """Return the page's code in a language."""
    [code] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return str(code)


async def player_of(token: str) -> tuple[int, str]:
    """Return the status of a submission with the token, and the external id that the token may submit for, empty if
    there is none.
    """
    async with serving(**SETTINGS) as api:
        await api.change_board(open_to_players=True)
        for player in ("player|eu|00042", "steam:76561190012345678"):
            answer = await api.post("/api/scores", {"external_id": player, "score": 5}, token)
            if answer.status_code == 200:
                return answer.status_code, player
        return answer.status_code, ""


@pytest.mark.parametrize(
    ("language", "command"),
    [("python", [sys.executable, "-"]), ("js", ["node", "--input-type=module"])],
)
async def test_the_snippets_make_good_tokens(language: str, command: list[str]) -> None:
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    environment = {**os.environ, **TOKENS}
    made = subprocess.run(  # noqa: ASYNC221
        [program, *command[1:]], input=snippet(language), env=environment, capture_output=True, text=True, check=True
    )
    assert await player_of(made.stdout.strip()) == (200, "player|eu|00042")


def test_the_settings_of_the_page_are_those_of_the_snippets() -> None:
    text = PAGE.read_text()
    for name, value in TOKENS.items():
        if name != "LEADERFORGE_TOKEN_SECRET":
            assert f"{name}={value}\n" in text
            assert all(value in snippet(language) for language in ("python", "js", "csharp"))


async def test_the_exchange_makes_good_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    player = ticket_exchange.steam_player({"response": {"params": {**STEAM, "publisherbanned": False}}})
    assert await player_of(ticket_exchange.player_token(player)) == (200, "steam:76561190012345678")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        None,
        [],
        {"response": {"error": {"errorcode": 101, "errordesc": "Invalid ticket"}}},
        {"response": {"params": {**STEAM, "result": "FAIL", "publisherbanned": False}}},
        {"response": {"params": {**STEAM, "publisherbanned": True}}},
        {"response": {"params": {**STEAM, "steamid": 5, "publisherbanned": False}}},
    ],
)
def test_steam_refuses(answer: Any) -> None:
    with pytest.raises(HTTPException) as refusal:
        ticket_exchange.steam_player(answer)
    assert refusal.value.status_code == 401


def test_playfab_accepts_and_refuses() -> None:
    data = {"IsSessionTicketExpired": False, "UserInfo": {"PlayFabId": "A1B2C3"}}
    assert ticket_exchange.playfab_player({"code": 200, "data": data}) == "playfab:A1B2C3"
    for wrong in ({}, {"data": {**data, "IsSessionTicketExpired": True}}, {"data": {"UserInfo": {"PlayFabId": "A"}}}):
        with pytest.raises(HTTPException):
            ticket_exchange.playfab_player(wrong)
