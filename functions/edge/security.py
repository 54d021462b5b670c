"""Who may do what: keys in the Authorization header."""

from collections.abc import Collection
from ipaddress import ip_address

from fastapi import Request
from fastapi.openapi.models import HTTPBearer as Bearer
from fastapi.security.base import SecurityBase

from functions.edge.context import edge_of
from leaderforge.config import Settings
from leaderforge.domain.errors import Forbidden, Unauthenticated


class KeyRequired(SecurityBase):
    """Lets a request pass whose key has the scope. Raises `Unauthenticated` or `Forbidden`."""

    def __init__(self, scopes: Collection[str], name: str, description: str) -> None:
        self.model = Bearer(description=description)
        self.scheme_name = name
        self._scopes = scopes

    def __call__(self, request: Request) -> str:
        """Return the scope of the caller's key."""
        scope = scope_of(request)
        if scope is None:
            raise Unauthenticated("this call needs a key: Authorization: Bearer <key>")
        if scope not in self._scopes:
            raise Forbidden(f"the key has scope {scope!r}; this call needs {' or '.join(sorted(self._scopes))!r}")
        return scope


class OperatorRequired(KeyRequired):
    """Lets admin keys pass, and programs on this machine."""

    def __call__(self, request: Request) -> str:
        return "loopback" if _is_local(request) else super().__call__(request)


class AdminKnown(KeyRequired):
    """Tells whether the caller has an admin key, which nobody needs. Raises `Unauthenticated` for an unknown one."""

    def __call__(self, request: Request) -> str:
        return scope_of(request) or "anyone"


_ADMIN_KEY = "A key of scope `admin`."
submitter = KeyRequired({"submit", "admin"}, "submit key", "A key of scope `submit`; an admin key will do as well.")
operator = OperatorRequired({"admin"}, "admin key", _ADMIN_KEY)
anyone = AdminKnown({"admin"}, "admin key", _ADMIN_KEY)


def scope_of(request: Request) -> str | None:
    """Return the scope of the caller's key, None without one. Raises `Unauthenticated` for one that is not known."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    scope = _scope(edge_of(request).services.settings, key.strip()) if scheme.lower() == "bearer" else None
    if scope is None:
        raise Unauthenticated("the key is not one that this service knows")
    return scope


def _scope(settings: Settings, key: str) -> str | None:
    if key in settings.admin_keys:
        return "admin"
    return "submit" if key in settings.submit_keys else None


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks for itself: a proxy on it says whom it asks for."""
    headers = request.headers
    if request.client is None or "x-forwarded-for" in headers or "forwarded" in headers:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
