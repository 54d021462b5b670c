"""Credentials and cursors: valid ones, and forgeries."""

import base64
import json
import time
from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from struct import pack

import jwt

from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token


def credentials(random: Random, player: int) -> str | None:
    """Return a value of the header Authorization, None for an anonymous request. Most values are valid admin keys."""
    if random.random() < 0.75:
        return f"Bearer {ADMIN_KEY}"
    valid = [None, f"Bearer {SUBMIT_KEY}", f"Bearer {token(player)}", f"Bearer {token(player, scope='read')}"]
    return random.choice([*valid, *_forged(random, player)])


def _forged(random: Random, player: int) -> list[str | None]:
    secret = TOKENS["LEADERFORGE_TOKEN_SECRET"]
    claims = {
        "iss": TOKENS["LEADERFORGE_TOKEN_ISSUER"],
        "aud": "leaderforge",
        "sub": str(player),
        "exp": time.time() + 600,
    }
    odd = {
        random.choice(list(claims)): random.choice(
            [None, "", [], {}, -1, 2**70, 1e300, float("nan"), "\x00", "9" * 400, True]
        )
    }
    head = {
        "alg": random.choice(["none", "HS256", "RS256", "EdDSA", "", None, 5]),
        "kid": random.choice(["lfk_1", "x" * 300, None, {}]),
    }
    raw = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, claims | odd)]
    return [
        "Bearer " + jwt.encode(claims | odd, secret, "HS256") if _is_encodable(claims | odd) else "Bearer ..",
        "Bearer " + ".".join([*raw, random.choice(["", "AAAA", "*"])]),
        "Bearer lf_" + f"{random.getrandbits(192):048x}",
        "Bearer " + "a" * random.choice([0, 1, 5000]),
        "Bearer " + "." * 50,
        "Basic YWRtaW46YWRtaW4=",
        random.choice(["Bearer", "bearer  x", "Digest x", "\x7f", "Bearer \xff\xfe"]),
    ]


def _is_encodable(claims: dict[str, object]) -> bool:
    try:
        jwt.encode(claims, "x" * 32, "HS256")
    except (TypeError, ValueError):
        return False
    return True


def cursor(random: Random, seen: Sequence[str]) -> str:
    """Return a cursor from a response, a changed cursor, random bytes, or a forgery with a correct checksum."""
    if seen and random.random() < 0.3:
        return random.choice(seen)
    if seen and random.random() < 0.3:
        text = random.choice(seen)
        place = random.randrange(len(text))
        return text[:place] + random.choice("AZaz09-_=%") + text[place + 1 :]
    head = pack(
        ">cqq",
        random.choice([b"n", b"p", b"r", b"x"]),
        random.choice([1, 2, 0, -1, 2**62]),
        random.choice([0, 1, 9, -1, 2**62]),
    )
    packed = head + random.randbytes(random.choice([0, 19, 20, 27, 28]))
    check = blake2b(packed, digest_size=4).digest()
    text = base64.urlsafe_b64encode(packed + check).rstrip(b"=").decode()
    return random.choice([text, text, text, text + "=", "", "A" * 60, "A" * 4000])
