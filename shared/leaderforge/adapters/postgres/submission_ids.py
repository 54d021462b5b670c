"""Ids of submissions that clients sent without an id."""

from os import urandom
from uuid import UUID

from asyncpg.pgproto import pgproto

_VERSION_BYTE, _VARIANT_BYTE = 6, 8


def new_submission_id() -> UUID:
    """Return a random UUID (version 4, RFC 9562), in the driver's own type.

    With `uuid.uuid4`, the ids took a tenth of the API's time for a batch. The driver's type takes a fraction of that
    time.
    """
    octets = bytearray(urandom(16))
    octets[_VERSION_BYTE] = octets[_VERSION_BYTE] & 0x0F | 0x40
    octets[_VARIANT_BYTE] = octets[_VARIANT_BYTE] & 0x3F | 0x80
    return pgproto.UUID(bytes(octets))
