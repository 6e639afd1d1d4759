"""Variants of the sample encounters: another patient, payer and hour, and now and then a gap in the charting."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date
from random import Random
from typing import Any

import yaml

from encounters.samples import loading

CLOCK = re.compile(r"\d{2}:\d{2}")
EARLIER, LATER, STEP = -45, 90, 5
"""Minutes by which a whole day is moved, in steps."""
LAST_MINUTE = 23 * 60 + 40
OLDEST, YOUNGEST = 1932, 1998
HUNDRED = 100


class Variants:
    """Makes the next encounter of a day, in the shortened form of the sample files."""

    def __init__(self, content: Mapping[str, Any], *, random: Random, prefix: str) -> None:
        """Reads the samples; `prefix` begins every record number and account."""
        self._content, self._random, self._prefix = content, random, prefix
        self._made = 0
        self._samples = list(_samples())
        directory = yaml.safe_load((loading.FOLDER / "directory.yaml").read_text(encoding="utf-8"))
        self._payers = [row["code"] for row in directory["payers"]]

    def take(self, count: int) -> Iterator[Mapping[str, Any]]:
        """The next `count` encounters."""
        for _ in range(count):
            self._made += 1
            yield self._variant()

    def _variant(self) -> Mapping[str, Any]:
        random = self._random
        entry = deepcopy(random.choice(self._samples))
        entry |= {"id": f"{self._prefix}-{self._made:06}", "back": 1, "patient": self._patient()}
        if random.random() < 1 / 2:
            entry["payer"] = random.choice(self._payers)
        _move(entry, random.randrange(EARLIER, LATER, STEP))
        for given in entry["administrations"]:
            self._leave_gaps(given)
        return entry

    def _patient(self) -> dict[str, object]:
        random, content = self._random, self._content
        born = date(random.randrange(OLDEST, YOUNGEST), random.randrange(1, 13), random.randrange(1, 29))
        return {
            "mrn": f"{self._prefix}-{700000 + self._made}",
            "family_name": random.choice(content["family_names"]),
            "given_name": random.choice(content["given_names"]),
            "birth_date": born,
        }

    def _leave_gaps(self, given: dict[str, Any]) -> None:
        random, shares = self._random, self._content["charting"]
        for share, field in (("stop_missing", "stop"), ("discard_missing", "discarded"), ("lot_missing", "lot")):
            if random.random() * HUNDRED < shares[share]:
                given.pop(field, None)
        if random.random() * HUNDRED < shares["order_missing"]:
            given["order"] = None


def _samples() -> Iterator[dict[str, Any]]:
    """The samples that fit any day: not the one of the night in which the clocks are set back."""
    for name in loading.FILES:
        content = yaml.safe_load((loading.FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        for entry in content["encounters"]:
            if not entry.get("clock_set_back"):
                yield deepcopy(content["defaults"]) | deepcopy(entry)


def _move(entry: dict[str, Any], minutes: int) -> None:
    """Every clock time of the entry lies `minutes` later, unless one of them would leave the day."""
    clocks = [_minute(text) for text in _texts(entry) for text in CLOCK.findall(text)]
    if not clocks or min(clocks) + minutes < 0 or max(clocks) + minutes > LAST_MINUTE:
        return
    for holder in (entry, *entry["administrations"]):
        for field in ("start", "end", "stop", "pauses", "inpatient_order"):
            if isinstance(holder.get(field), str):
                holder[field] = CLOCK.sub(lambda found: _clock(_minute(found[0]) + minutes), holder[field])


def _texts(entry: Mapping[str, Any]) -> Iterator[str]:
    for holder in (entry, *entry["administrations"]):
        for field in ("start", "end", "stop", "pauses", "inpatient_order"):
            if isinstance(holder.get(field), str):
                yield holder[field]


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
