"""Keys that may sign tokens. Each key is bound to one algorithm."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from leaderforge.domain.presence import required

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_SHORTEST_RSA = 2048
"""Minimum length of an RSA key, in bits."""
_ACCEPTED = f"use Ed25519, P-256, or RSA of at least {_SHORTEST_RSA} bits"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """Verification key, bound to one algorithm. `kid` is its name in the issuer's set, if any.

    The binding prevents a token from choosing a weaker algorithm.
    """

    algorithm: str
    key: Any
    kid: str | None = None

    def fits(self, algorithm: str, kid: str | None) -> bool:
        """Return whether the key may have signed a token with this header."""
        return self.algorithm == algorithm and (kid is None or self.kid is None or self.kid == kid)


def of_secret(secret: str) -> Sequence[TrustedKey]:
    """Return the key shared by issuer and service, for HS256."""
    return [TrustedKey("HS256", secret.encode())]


def of_pem(text: str) -> Sequence[TrustedKey]:
    r"""Return the public keys of a PEM text. Lines may end with the two characters `\n` instead of a line break.

    Raises `ValueError` if a key is invalid.
    """
    blocks = _PEM.findall(text.replace("\\n", "\n"))
    if not blocks:
        raise ValueError("there is no public key in the text: give PEM blocks of the kind PUBLIC KEY")
    try:
        keys = [load_pem_public_key(block.encode()) for block in blocks]
    except UnsupportedAlgorithm as error:
        raise ValueError(f"a key has an unsupported kind: {_ACCEPTED}") from error
    return [TrustedKey(_required_algorithm(key), key) for key in keys]


def of_set(document: Mapping[str, Any]) -> Sequence[TrustedKey]:
    """Return the keys of a JSON Web Key Set that can verify tokens. Ignore all others."""
    return list(_fit(document.get("keys") or ()))


def _fit(entries: Iterable[Any]) -> Iterable[TrustedKey]:
    for entry in entries:
        # Ignore symmetric keys, because a published secret would let anyone sign tokens.
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
            continue
        try:
            key = jwt.PyJWK(entry)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if _algorithm(key.key) == key.algorithm_name:
            yield TrustedKey(key.algorithm_name, key.key, entry.get("kid"))


def _required_algorithm(key: Any) -> str:
    return required(_algorithm(key), ValueError(f"a key has an unsupported kind: {_ACCEPTED}"))


def _algorithm(key: Any) -> str | None:
    if isinstance(key, Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    return "RS256" if isinstance(key, RSAPublicKey) and key.key_size >= _SHORTEST_RSA else None
