"""Values for requests: valid by a JSON schema of the OpenAPI document, or hostile."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

Json = Any

HOSTILE: Sequence[Json] = (
    None, True, False, 0, -1, 1, 2**53 - 1, 2**53, -(2**53), 2**63, -(2**63), 10**400, 1.5, -0.0, 1e308, 5e-324,
    "", " ", "\x00", "\ud800", "\u202e", "\u200b" * 40, "a" * 300, "a" * 5000, "💥" * 40, "0x10", "1e3", "NaN",
    "ext:", "ext:%00", "../../etc/passwd", "' or 1=1 --", "${jndi:ldap://x}", "<script>alert(1)</script>",
    "9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-28", "Europe/Nowhere",
    "99999999999999999999", "* * * * *", "@reboot", "70 25 * * *", "00000000-0000-0000-0000-000000000000",
    [], {}, [[]], {"": None}, {"a": {"b": [1, None, "\x00"]}}, ["x"] * 600, {"__proto__": 1},
)  # fmt: skip
"""Values at and beyond bounds, and texts that parsers and databases handle in special ways."""

RAW_VALUES: Sequence[bytes] = (
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"00",
    b"0x1",
    b"'a'",
    b'"\\ud800"',
    b"[" * 3000,
    b"9" * 2000,
)
"""JSON texts, valid or not, that Python's encoder does not write."""


class Values:
    """Values by the schemas of an OpenAPI document. The same seed gives the same values."""

    def __init__(self, document: Mapping[str, Any], random: Random, known: Mapping[str, Sequence[Json]]) -> None:
        """Use the schemas of this document. `known` has existing values by the name of a parameter or JSON member."""
        self._schemas = document["components"]["schemas"]
        self._random, self._known = random, known

    def of(self, schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Json:
        """Return a value that mostly obeys the schema."""
        schema = self._resolved(schema)
        if self._random.random() < 0.04 or depth > 6:
            return self._random.choice(HOSTILE)
        if name in self._known and self._random.random() < 0.7:
            return self._random.choice(self._known[name])
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.of(self._random.choice(schema[choice]), name, depth + 1)
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        if schema.get("examples") and self._random.random() < 0.5:
            return self._random.choice(schema["examples"])
        return self._of_type(schema, name, depth)

    def _of_type(self, schema: Mapping[str, Any], name: str, depth: int) -> Json:
        low, high = schema.get("minimum", -(2**53) + 1), schema.get("maximum", 2**53 - 1)
        match schema.get("type"):
            case "object":
                value: Json = self._object(schema, depth)
            case "array":
                count = self._random.choice((0, 1, 1, 2, 5))
                value = [self.of(schema.get("items", {}), name, depth + 1) for _ in range(count)]
            case "integer" | "number":
                within = self._random.randint(int(low), int(high))
                value = self._random.choice((low, high, low - 1, high + 1, within, 1))
            case "boolean":
                value = self._random.random() < 0.5
            case "string":
                value = self._text(schema)
            case _:
                value = self._random.choice(HOSTILE)
        return value

    def _object(self, schema: Mapping[str, Any], depth: int) -> Json:
        members = schema.get("properties", {})
        required = set(schema.get("required", ()))
        names = [n for n in members if self._random.random() < (0.97 if n in required else 0.4)]
        value = {n: self.of(members[n], n, depth + 1) for n in names}
        if self._random.random() < 0.05:
            value["unknown"] = self._random.choice(HOSTILE)
        return value

    def _text(self, schema: Mapping[str, Any]) -> str:
        if schema.get("format") == "date-time":
            return f"2026-{self._random.randint(1, 13):02}-{self._random.randint(1, 31):02}T00:00:00Z"
        if schema.get("format") == "uuid":
            return f"{self._random.getrandbits(128):032x}"
        length = self._random.choice((schema.get("minLength", 0), schema.get("maxLength", 40), 8))
        letters = self._random.choice(("abc", "aÄß ", "0123456789", "\u0430b\u0441\u0301", "ext:/%"))
        return "".join(self._random.choice(letters) for _ in range(min(length, 3000)))

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema
