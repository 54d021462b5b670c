"""Server-sent events of a live board."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from leaderforge_client.types import TopOut


@dataclass(slots=True)
class EventReader:
    """Parser of a stream. `last_id` is the id of the last complete event, after which a new connection continues."""

    last_id: str = ""
    _id: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, line: str) -> Iterator[TopOut]:
        """Yield the event that this line completes, if any."""
        if not line:
            if self._data:
                self.last_id = self._id
                yield cast(TopOut, json.loads("\n".join(self._data)))
            self._data = []
        else:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                self._id = value
            elif name == "data":
                self._data.append(value)

    def interrupt(self) -> None:
        """Discard an incomplete event after the connection broke."""
        self._data = []
