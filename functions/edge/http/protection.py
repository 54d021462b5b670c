"""Response headers that make browsers restrict scripts, frames and connections of a page."""

from collections.abc import Sequence

from starlette.types import Scope

_SCOPE = "leaderforge.protection"
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
SITE_POLICY = (
    "default-src 'self'; script-src 'self' 'sha256-9pjRYoulvwrr3bUKOGfLzBM0QYpKMUw3cxQ1LCwM9Bk='; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; connect-src *; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy of the web site. deploy/images/nginx.conf has the same policy.

Users type admin keys into the site. Therefore, no script of another origin may run, and no page may frame the site. The
hash allows the inline script of index.html, and `base-uri` the `base` element that functions/web.py adds. Inline styles
of elements, an API on another origin, and pictures that a deployment configures are allowed.
"""
WIDGET_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src *; base-uri 'none'; "
    "form-action 'none'; frame-ancestors *"
)
"""Content security policy of the widget's page. Every page may frame it, because it has no key and no form."""
# Send few headers, because each costs uvicorn about 1 us. An answer of the API needs no referrer policy, because it has
# no links.
_API: Sequence[tuple[bytes, bytes]] = (
    _NO_SNIFFING,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_SITE: Sequence[tuple[bytes, bytes]] = (
    _NO_SNIFFING,
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", SITE_POLICY.encode()),
)
_WIDGET: Sequence[tuple[bytes, bytes]] = (
    _NO_SNIFFING,
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", WIDGET_POLICY.encode()),
)


def protect_as_site(scope: Scope) -> None:
    """Give the response to this request the headers of the web site."""
    scope[_SCOPE] = _SITE


def protect_as_widget(scope: Scope) -> None:
    """Give the response to this request the headers of the widget's page, which other pages may frame."""
    scope[_SCOPE] = _WIDGET


def protection(scope: Scope) -> Sequence[tuple[bytes, bytes]]:
    """Return the headers for the response to a request. The default policy lets a browser run nothing."""
    headers: Sequence[tuple[bytes, bytes]] = scope.get(_SCOPE, _API)
    return headers
