"""OpenID Connect provider: metadata, code exchange and ID tokens. PyJWT verifies the tokens."""

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import jwt
import structlog

from leaderforge.adapters.tokens.sources import PublishedKeys
from leaderforge.adapters.tokens.trusted import TrustedKey
from leaderforge.domain.errors import LeaderForgeError, Unauthenticated, Unavailable
from leaderforge.domain.people import Claims

_FETCH_S = 5.0
"""Time limit of each request to the provider, in s."""
_MAX_BYTES = 256 * 1024
"""Maximum size of an answer of the provider, in bytes."""
_METADATA_S = 3600.0
"""TTL of the provider's metadata, in s."""
_REQUIRED = ("exp", "iat", "iss", "aud", "sub", "nonce")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class OpenIdClient:
    """This service as a client of the provider. Without a secret, it is a public client."""

    issuer: str
    client_id: str
    secret: str | None
    scopes: str
    audience: str
    leeway_s: int


class _ErrorStatus(OSError):
    """Error for an answer whose HTTP status reports an error."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the status is {status}")
        self.status = status


class _RefusedRedirect(HTTPRedirectHandler):
    """Handler that refuses redirects. Only the addresses in the metadata belong to the provider."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class OpenIdProvider:
    """`IdentityProvider` that finds its addresses and keys by the metadata of an issuer.

    The metadata is fetched on first use and every hour. The issuer's keys are fetched every 5 minutes, and for a token
    with an unknown key.
    """

    def __init__(self, client: OpenIdClient) -> None:
        self._client = client
        self._opener = build_opener(_RefusedRedirect)
        self._metadata: Mapping[str, Any] | None = None
        self._refresh_at = 0.0
        self._keys: PublishedKeys | None = None

    async def form_url(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        endpoint = _endpoint(await self._current(), "authorization_endpoint")
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def claims(self, code: str, redirect_uri: str, verifier: str, nonce: str) -> Claims:
        metadata = await self._current()
        token = await self._exchanged(metadata, code, redirect_uri, verifier)
        try:
            header = jwt.get_unverified_header(token)
            keys = await self._published(metadata).fitting(str(header.get("alg")), header.get("kid"))
            claims = self._verified(token, keys)
        # Deeply nested JSON in a token raises a `RecursionError`.
        except (jwt.PyJWTError, RecursionError) as error:
            raise Unauthenticated(f"the identity provider's token is not valid: {error}") from None
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise Unauthenticated("the identity provider's token belongs to another sign-in; sign in again")
        return claims

    def _verified(self, token: str, keys: Sequence[TrustedKey]) -> dict[str, Any]:
        """Return the claims of an ID token. Raises `PyJWTError` unless one of the keys signed it for this client."""
        for key in keys:
            try:
                claims = self._decoded(token, key)
            except jwt.InvalidSignatureError:
                continue
            if claims.get("azp", self._client.client_id) != self._client.client_id:
                raise jwt.InvalidAudienceError("it is for another client")
            return claims
        raise jwt.InvalidSignatureError("it is not signed by a key of the issuer")

    def _decoded(self, token: str, key: TrustedKey) -> dict[str, Any]:
        """Return the claims of an ID token. Raises `PyJWTError` if they are invalid or another key signed them."""
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            issuer=self._client.issuer,
            audience=self._client.audience,
            leeway=self._client.leeway_s,
            options={"require": list(_REQUIRED)},
        )
        return claims

    async def _exchanged(self, metadata: Mapping[str, Any], code: str, redirect_uri: str, verifier: str) -> str:
        """Return the ID token for an authorization code. Raises `Unauthenticated` or `Unavailable`."""
        try:
            answer = await self._answer(self._token_request(metadata, code, redirect_uri, verifier))
        except _ErrorStatus as error:
            raise _error_of_exchange(error.status) from None
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Unauthenticated("the identity provider has sent no ID token; its client needs the scope openid")
        return token

    def _token_request(self, metadata: Mapping[str, Any], code: str, redirect_uri: str, verifier: str) -> Request:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._client.client_id,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if self._client.secret is not None:
            if "client_secret_basic" in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
                headers["Authorization"] = _basic(self._client.client_id, self._client.secret)
            else:
                form["client_secret"] = self._client.secret
        address = _endpoint(metadata, "token_endpoint")
        return Request(address, urlencode(form).encode(), headers)  # noqa: S310 - `_endpoint` has checked the scheme

    async def _current(self) -> Mapping[str, Any]:
        """Return the provider's metadata. Raises `Unavailable` if no fetch has succeeded so far."""
        if self._metadata is None or monotonic() >= self._refresh_at:
            try:
                self._metadata, self._refresh_at = await self._fetched(), monotonic() + _METADATA_S
            except (_ErrorStatus, Unavailable) as error:
                structlog.get_logger("leaderforge.openid").warning("openid_metadata_not_fetched", error=str(error))
                if self._metadata is None:
                    raise Unavailable("the identity provider cannot be reached; try again shortly") from None
        return self._metadata

    async def _fetched(self) -> Mapping[str, Any]:
        """Return the provider's metadata from its address. Raises `_ErrorStatus` or `Unavailable`."""
        address = f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = await self._answer(Request(address))  # noqa: S310 - the setting admits https and loopback only
        if metadata.get("issuer") != self._client.issuer:
            raise Unavailable(f"the metadata is of the issuer {str(metadata.get('issuer'))[:200]!r}")
        return metadata

    def _published(self, metadata: Mapping[str, Any]) -> PublishedKeys:
        if self._keys is None:
            address = _endpoint(metadata, "jwks_uri")
            self._keys = PublishedKeys(lambda: _read(self._opener, Request(address)))  # noqa: S310 - checked above
        return self._keys

    async def _answer(self, request: Request) -> Mapping[str, Any]:
        """Return the JSON object of an answer. Raises `_ErrorStatus`, and `Unavailable` without an answer in time."""
        try:
            async with asyncio.timeout(2 * _FETCH_S):  # the timeout in `_read` limits single steps only
                return await asyncio.to_thread(_read, self._opener, request)
        except _ErrorStatus:
            raise
        except (OSError, ValueError, TimeoutError) as error:
            raise Unavailable(f"the identity provider does not answer: {error}") from None


def _error_of_exchange(status: int) -> LeaderForgeError:
    """Return the error for a failed exchange of an authorization code, by the HTTP status of the provider's answer."""
    if status >= 500:
        return Unavailable("the identity provider fails; try again shortly")
    return Unauthenticated("the identity provider refuses the code, which is used, expired or foreign; sign in again")


def _read(opener: OpenerDirector, request: Request) -> Mapping[str, Any]:
    """Return the JSON object at an address. Raises `OSError`, or `ValueError` for a long or malformed answer."""
    try:
        with opener.open(request, timeout=_FETCH_S) as answer:
            body = answer.read(_MAX_BYTES + 1)
    except HTTPError as error:
        error.close()
        raise _ErrorStatus(error.code) from None
    return _json_object(body)


def _json_object(body: bytes) -> Mapping[str, Any]:
    if len(body) > _MAX_BYTES:
        raise ValueError(f"the answer has more than {_MAX_BYTES} bytes")
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("the answer is not a JSON object")
    return document


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    """Return an address in the metadata. Raises `Unavailable` unless the address uses https or is on this machine."""
    address = str(metadata.get(name, ""))
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise Unavailable(f"the identity provider's {name} is not an https address")
    return address


def _basic(name: str, secret: str) -> str:
    """Return the credentials of a client as RFC 6749, section 2.3.1, encodes them."""
    pair = f"{quote(name, safe='')}:{quote(secret, safe='')}"
    return f"Basic {b64encode(pair.encode()).decode()}"
