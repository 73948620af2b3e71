"""Dates, times and durations as text, both ways: RFC 3339, and RFC 9557 where a zone has a name.

::

    2026-01-02T03:04:05                              no zone
    2026-01-02T03:04:05+01:00[Europe/Berlin]         zoneinfo.ZoneInfo("Europe/Berlin")
    2026-10-25T02:30:00+01:00[Europe/Berlin][fold=1] the second of the two times of that name
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any

_CLOCK = r"\d\d:\d\d(?::\d\d(?:\.(?:\d{3}|\d{6}))?)?"
_OFFSET = r"(?:Z|[+-]\d\d:\d\d(?::\d\d(?:\.\d{6})?)?)?"
_TAGS = r"(?:\[([A-Za-z0-9_+/-]{1,64})\])?(\[fold=1\])?"
_DATETIME = re.compile(rf"(\d{{4}}-\d\d-\d\dT{_CLOCK}{_OFFSET}){_TAGS}", re.ASCII)
_TIME = re.compile(rf"({_CLOCK}{_OFFSET}){_TAGS}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION = re.compile(r"P(-?\d{1,9})DT(\d{1,5})(?:\.(\d{6}))?S", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def text(value: datetime | time) -> str:
    """Of a date with time, or of a time."""
    key = zone_key(value.tzinfo)
    plain = value.isoformat()
    if plain.endswith("+00:00"):
        plain = plain[:-6] + "Z"
    return f"{plain}{f'[{key}]' if key else ''}{'[fold=1]' if value.fold else ''}"


def zone_key(zone: Any) -> str | None:
    """``Europe/Berlin`` of a zone by that name; None of any other."""
    if zone is None or isinstance(zone, timezone):
        return None
    from zoneinfo import ZoneInfo

    return zone.key if isinstance(zone, ZoneInfo) else None


def duration(value: timedelta) -> str:
    """``P1DT2.5S``: days and seconds, as Python counts them."""
    fraction = f".{value.microseconds:06d}" if value.microseconds else ""
    return f"P{value.days}DT{value.seconds}{fraction}S"


def read_datetime(inner: Any) -> datetime:
    """Raises ValueError, TypeError and the like where ``inner`` is none; so do the others here."""
    if isinstance(inner, dict):  # Extended JSON's canonical form: milliseconds
        return _EPOCH + timedelta(milliseconds=int(inner["$numberLong"]))
    plain, key, fold = _parts(_DATETIME, inner)
    value = datetime.fromisoformat(plain).replace(fold=fold)
    if key is None:
        return value
    zone = zone_of(key)
    if value.tzinfo is None:
        raise ValueError(inner)
    there = value.replace(tzinfo=zone)
    if there.utcoffset() == value.utcoffset():
        return there
    # Written without a fold, or by other rules of that zone than are known here: the moment counts.
    return value.astimezone(zone)


def read_time(inner: Any) -> time:
    plain, key, fold = _parts(_TIME, inner)
    value = time.fromisoformat(plain).replace(fold=fold)
    return value if key is None else value.replace(tzinfo=zone_of(key))


def read_date(inner: Any) -> date:
    if _DATE.fullmatch(inner) is None:
        raise ValueError(inner)
    return date.fromisoformat(inner)


def read_duration(inner: Any) -> timedelta:
    found = _DURATION.fullmatch(inner)
    if found is None:
        raise ValueError(inner)
    days, seconds, fraction = found.groups()
    return timedelta(days=int(days), seconds=int(seconds), microseconds=int(fraction or 0))


@lru_cache(maxsize=64)
def zone_of(key: str) -> Any:
    """The zone by that name. Raises ValueError where there is none here."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(key) from None


def _parts(form: re.Pattern[str], inner: Any) -> tuple[str, str | None, int]:
    found = form.fullmatch(inner)
    if found is None:
        raise ValueError(inner)
    plain, key, fold = found.groups()
    # Python 3.10 does not read Z.
    return plain[:-1] + "+00:00" if plain.endswith("Z") else plain, key, 1 if fold else 0
