"""Conversion between local times of a time zone and moments in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WallClock:
    """Conversion between local times in `zone`, as `datetime` without a zone, and moments in UTC, in whole seconds.

    Raises `OverflowError` beyond the years 1 to 9999.
    """

    zone: ZoneInfo

    def latest(self, moment: datetime) -> datetime:
        """Return the local time of a moment.

        During the second pass of an hour that the clocks repeat (DST), return the last second of the first pass.
        """
        local = moment.astimezone(self.zone)
        if local.fold:
            change = self._change(local.replace(fold=0).astimezone(UTC), moment)
            local = (change - _SECOND).astimezone(self.zone)
        return local.replace(tzinfo=None)

    def first(self, reading: datetime) -> datetime:
        """Return the first moment when the clocks show this local time or a later one."""
        by_clock_before = reading.replace(tzinfo=self.zone).astimezone(UTC)
        by_clock_after = reading.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        if by_clock_after < by_clock_before:  # the clocks skip this local time
            return self._change(by_clock_after, by_clock_before)
        return by_clock_before

    def _change(self, before: datetime, after: datetime) -> datetime:
        """Return the moment of the single clock change after `before` and up to `after`, by bisection."""
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > _SECOND:
            # Whole seconds suffice, because offsets change at whole seconds only.
            middle = before + (after - before) // 2 // _SECOND * _SECOND
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after
