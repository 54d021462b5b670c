"""Exchange of a platform's opaque ticket for a player token of LeaderForge. docs/sign-in.md describes its use.

Variables:
- STEAM_KEY, STEAM_APP_ID: publisher key of the Steamworks Web API, and the app.
- STEAM_IDENTITY: text that the game passes to GetAuthTicketForWebApi. Tickets for other services are refused.
- PLAYFAB_TITLE_ID, PLAYFAB_SECRET_KEY: the title, and its secret key.
- LEADERFORGE_TOKEN_SECRET, LEADERFORGE_TOKEN_ISSUER, LEADERFORGE_TOKEN_AUDIENCE: as for LeaderForge, which also needs
  LEADERFORGE_TOKEN_PLAYER_ID=external_id and LEADERFORGE_CREATE_PLAYERS=1.
"""

import json
import os
import time
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import jwt
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

LIFETIME_S = 900
"""Lifetime of a token, in s. The game exchanges its next ticket before the token ends."""
_PLATFORM_S = 5.0
"""Time limit of a call to the platform, in s."""
_STEAM = "https://partner.steam-api.com/ISteamUserAuth/AuthenticateUserTicket/v1/"

app = FastAPI(title="Ticket exchange")


class Ticket(BaseModel):
    """Ticket as the platform's library returns it. A Steam ticket is in hexadecimal."""

    ticket: Annotated[str, Field(min_length=1, max_length=5120)]


class Token(BaseModel):
    """Player token for LeaderForge."""

    token: str


@app.post("/steam")
def exchange_steam(body: Ticket) -> Token:
    """Check a ticket of GetAuthTicketForWebApi, and return the token of its player."""
    query = {
        "key": os.environ["STEAM_KEY"],
        "appid": os.environ["STEAM_APP_ID"],
        "identity": os.environ["STEAM_IDENTITY"],
        "ticket": body.ticket,
    }
    request = Request(f"{_STEAM}?{urlencode(query)}")  # noqa: S310 - https
    return Token(token=player_token(steam_player(_answer(request))))


@app.post("/playfab")
def exchange_playfab(body: Ticket) -> Token:
    """Check a session ticket, and return the token of its player."""
    url = f"https://{os.environ['PLAYFAB_TITLE_ID']}.playfabapi.com/Server/AuthenticateSessionTicket"
    headers = {"X-SecretKey": os.environ["PLAYFAB_SECRET_KEY"], "Content-Type": "application/json"}
    request = Request(url, json.dumps({"SessionTicket": body.ticket}).encode(), headers)
    return Token(token=player_token(playfab_player(_answer(request))))


def player_token(player: str) -> str:
    """Return a token of the player with this external id."""
    now = int(time.time())
    claims = {
        "iss": os.environ["LEADERFORGE_TOKEN_ISSUER"],
        "aud": os.environ["LEADERFORGE_TOKEN_AUDIENCE"],
        "sub": player,
        "iat": now,
        "exp": now + LIFETIME_S,
    }
    return jwt.encode(claims, os.environ["LEADERFORGE_TOKEN_SECRET"], algorithm="HS256")


def steam_player(answer: Any) -> str:
    """Return the external id in an answer of AuthenticateUserTicket. Raises 401 if Steam refused the ticket."""
    match answer:
        case {"response": {"params": {"result": "OK", "steamid": str(steam_id), "publisherbanned": False}}}:
            return f"steam:{steam_id}"
    raise HTTPException(401, "Steam refused the ticket")


def playfab_player(answer: Any) -> str:
    """Return the external id in an answer of AuthenticateSessionTicket. Raises 401 if PlayFab refused the ticket."""
    match answer:
        case {"data": {"IsSessionTicketExpired": False, "UserInfo": {"PlayFabId": str(playfab_id)}}}:
            return f"playfab:{playfab_id}"
    raise HTTPException(401, "PlayFab refused the ticket")


def _answer(request: Request) -> Any:
    """Return the platform's JSON, empty if the platform refused the request. Raises 502 if the platform does not
    answer."""
    try:
        with urlopen(request, timeout=_PLATFORM_S) as response:  # noqa: S310 - the addresses above are https
            return json.load(response)
    except HTTPError:
        return {}
    except (URLError, TimeoutError, ValueError) as error:
        raise HTTPException(502, "the platform does not answer; retry shortly") from error
