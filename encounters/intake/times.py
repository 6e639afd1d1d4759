"""Clock times of senders: ISO 8601 with an offset, or the wall clock of a named time zone."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_TIME = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s?"
    r"(?P<offset>Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_FIRST_YEAR, _LAST_YEAR = 1900, 9000


class UnreadableTime(ValueError):
    """A time that has no one meaning; the message says why and what to write instead."""


def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; raises UnreadableTime for any other text."""
    # Bare names such as EST are fixed offsets in that database: no clinic's clock.
    try:
        zone = ZoneInfo(name) if "/" in name or name == "UTC" else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = None
    if zone is None:
        msg = f"“{name}” is not a time zone. Write an IANA name such as America/New_York."
        raise UnreadableTime(msg)
    return zone


def day(text: str) -> date:
    """A date written YYYY-MM-DD; raises UnreadableTime otherwise."""
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        msg = f"“{text}” is not a date. Write it as 2026-01-15."
        raise UnreadableTime(msg)
    return found


def moment(text: str, *, zone: ZoneInfo | None) -> datetime:
    """The point in time that `text` names, in UTC.

    A time without an offset is read off the clock of `zone`. Raises UnreadableTime for a text that is
    no time, a time without any zone, a time that the clock skipped, and a time that it showed twice.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        msg = f"“{text}” is not a time. Write it as 2026-01-15T10:00 or 2026-01-15T10:00-05:00."
        raise UnreadableTime(msg)
    if match["clock"] is None:
        msg = f"“{text}” is a date without a clock time. Write it as {text}T10:00."
        raise UnreadableTime(msg)
    try:
        local = datetime.fromisoformat(f"{match['day']}T{match['clock']}{_offset(match['offset'])}")
    except ValueError as error:
        msg = f"“{text}” is not a time: {error}."
        raise UnreadableTime(msg) from None
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        msg = f"“{text}” lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}."
        raise UnreadableTime(msg)
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    if zone is None:
        msg = (
            f"“{text}” has no offset, and neither time_zone nor the location says which clock it was read off. "
            f"Write {match['day']}T{match['clock']}-05:00, or fill time_zone."
        )
        raise UnreadableTime(msg)
    return _on_the_clock_of(zone, local)


def _offset(text: str | None) -> str:
    return "+00:00" if text == "Z" else text or ""


def _on_the_clock_of(zone: ZoneInfo, local: datetime) -> datetime:
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        msg = (
            f"{local:%Y-%m-%d %H:%M} never was on the clock of {zone.key}: it was set forward over that hour. "
            "Write the time with its offset."
        )
        raise UnreadableTime(msg)
    msg = (
        f"{local:%Y-%m-%d %H:%M} was twice on the clock of {zone.key}, which was set back that night. "
        f"Write {first.isoformat(timespec='minutes')} for the first or "
        f"{second.isoformat(timespec='minutes')} for the second."
    )
    raise UnreadableTime(msg)
