"""Request signatures for AWS: Signature Version 4.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

_ALGORITHM = "AWS4-HMAC-SHA256"
_END = "aws4_request"


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """Access key of AWS. Temporary credentials of a role also have a session token."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def signed_headers(
    headers: Mapping[str, str], body: bytes, *, credentials: AwsCredentials, region: str, service: str, now: datetime
) -> dict[str, str]:
    """Return the headers of a `POST /` request plus the signature. `headers` must contain the host. `now` is in UTC."""
    timestamp = now.strftime("%Y%m%dT%H%M%SZ")
    all_headers = {name.lower(): value.strip() for name, value in headers.items()} | {"x-amz-date": timestamp}
    if credentials.session_token:
        all_headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(all_headers))
    canonical_headers = "".join(f"{name}:{all_headers[name]}\n" for name in sorted(all_headers))
    request = f"POST\n/\n\n{canonical_headers}\n{names}\n{sha256(body).hexdigest()}"
    scope = f"{timestamp[:8]}/{region}/{service}/{_END}"
    to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(_key(credentials, scope), to_sign.encode(), "sha256").hex()
    proof = f"Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return all_headers | {"authorization": f"{_ALGORITHM} {proof}"}


def _key(credentials: AwsCredentials, scope: str) -> bytes:
    """Return the signing key, which a chain of HMACs derives from the parts of the scope."""
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
