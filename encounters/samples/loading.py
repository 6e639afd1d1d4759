"""The demo content: starter formulary, locations, payers, people and two weeks of synthetic encounters."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import transaction

from drugs import formulary
from encounters import intake
from encounters.intake.records import ReadEncounter
from encounters.models import Encounter, IntakeBatch, Location, Payer
from encounters.models.encounter import CodingState
from encounters.review import preparation

FOLDER = Path(__file__).parent
FILES = ("oncology", "biologics", "supportive", "office")
SOURCE = "samples"
# Demo user: full name, groups.
USERS = {
    "coder": ("Coder One", ("coder",)),
    "coder2": ("Coder Two", ("coder",)),
    "lead": ("Lead Coder", ("coder", "lead")),
    "auditor": ("Auditor One", ("auditor",)),
    "formulary": ("Formulary Admin", ("formulary_admin", "policy_owner")),
    "operator": ("Operator One", ("operator",)),
}
_CLOCK = re.compile(r"(?:D(?P<day>[1-9]) )?(?P<clock>\d{2}:\d{2})(?P<offset>[+-]\d{2}:\d{2})?")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loading came to."""

    batch: IntakeBatch
    users: int
    coded: int


def load_samples(*, as_of: date, password: str, at: datetime) -> Loaded:
    """Load what is not there yet; a second loading changes nothing, whatever its `as_of`.

    Dates of service are working days before `as_of`. Encounters that are already there keep their dates.
    """
    formulary.load_seed(at=at)
    _load_directory()
    users = load_users(USERS, password)
    known = frozenset(Encounter.objects.filter(source=SOURCE).values_list("external_id", flat=True))
    digest = hashlib.sha256(b"".join((FOLDER / f"{name}.yaml").read_bytes() for name in FILES)).hexdigest()
    batch = intake.open_batch(source=SOURCE, file_name="sample encounters", sha256=digest, actor=None, at=at)
    batch = intake.take_in(records=_unknown(read_samples(as_of=as_of), known), batch=batch, actor=None, at=at)
    return Loaded(batch, users, _code_pending(at))


def read_samples(*, as_of: date) -> Iterator[ReadEncounter]:
    """The sample encounters with dates counted back from `as_of`."""
    directory = intake.directory()
    for name in FILES:
        content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        for entry in content["encounters"]:
            yield intake.encounter_of_json(written_out(content["defaults"] | entry, as_of=as_of), directory=directory)


def written_out(entry: Mapping[str, Any], *, as_of: date) -> dict[str, object]:
    """The shortened form of the sample files as the JSON form of `docs/intake.md`."""
    said: dict[str, Any] = dict(entry)
    day = clock_set_back(as_of) if said.pop("clock_set_back", False) else None
    day = day or working_day_before(as_of, int(str(said.pop("back", 1))))
    orders = [*said.pop("orders", [])]
    administrations = []
    for each in said.pop("administrations"):
        given = dict(each)
        ordered = given.pop("ordered", {})
        given["administration_id"] = given.pop("id")
        if "order" not in given:
            given["order"] = f"o-{given['administration_id']}"
            order = {"reference": given["order"], "drug": given["drug"]}
            order |= {name: given[name] for name in ("route", "dose") if name in given}
            orders.append(order | ordered)
        if "access" not in given and given.get("route") == "IV":
            given["access"] = "A"
        administrations.append(
            given
            | {name: _time(given[name], day) for name in ("start", "stop") if name in given}
            | ({"pauses": _pauses(str(given["pauses"]), day)} if "pauses" in given else {})
        )
    times = {"start": "encounter_start", "end": "encounter_end", "inpatient_order": "inpatient_order"}
    moments = {key: _time(said.pop(name), day) for name, key in times.items() if name in said}
    return (
        {"encounter_id": said.pop("id"), "date_of_service": day.isoformat()}
        | {name: _texts(value) for name, value in said.items()}
        | moments
        | {"orders": orders, "administrations": [_texts(each) for each in administrations]}
    )


def working_day_before(day: date, count: int) -> date:
    """The `count`th day from Monday to Friday before `day`."""
    while count:
        day -= timedelta(days=1)
        count -= day.weekday() < 5  # noqa: PLR2004  # Saturday
    return day


def clock_set_back(as_of: date) -> date:
    """The Saturday before the last night in which the clocks of the United States were set back."""
    for year in (as_of.year, as_of.year - 1):
        first = date(year, 11, 1)
        sunday = first + timedelta(days=(6 - first.weekday()) % 7)
        if sunday + timedelta(days=1) < as_of:
            break
    return sunday - timedelta(days=1)


def _time(text: object, day: date) -> str:
    match = _CLOCK.fullmatch(str(text))
    if match is None:
        msg = f"{text!r} is not a time of a sample file, such as 09:30 or D2 00:15"
        raise ValueError(msg)
    on = day + timedelta(days=int(match["day"] or 1) - 1)
    return f"{on}T{match['clock']}{match['offset'] or ''}"


def _pauses(text: str, day: date) -> list[dict[str, str]]:
    found = []
    for part in text.split(";"):
        start, _, stop = part.strip().partition("-")
        found.append({"start": _time(start, day), "stop": _time(stop, day)})
    return found


def _texts(value: object) -> object:
    """YAML's dates as the texts that JSON has."""
    if isinstance(value, Mapping):
        return {name: _texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _unknown(records: Iterator[ReadEncounter], known: frozenset[str]) -> Iterator[ReadEncounter]:
    for read in records:
        if read.encounter is None or read.encounter.external_id not in known:
            yield read


def _load_directory() -> None:
    content = yaml.safe_load((FOLDER / "directory.yaml").read_text(encoding="utf-8"))
    for model, name in ((Location, "locations"), (Payer, "payers")):
        for row in content[name]:
            model._default_manager.get_or_create(  # noqa: SLF001  # Django's public name
                code=row["code"], defaults={key: value for key, value in row.items() if key != "code"}
            )


@transaction.atomic
def load_users(people: Mapping[str, tuple[str, tuple[str, ...]]], password: str) -> int:
    """People, by user name, who are not there yet; those who are keep their password and groups. How many were made."""
    hashed, made = "", 0
    for username, (full_name, groups) in people.items():
        first_name, _, last_name = full_name.partition(" ")
        user, is_new = User.objects.get_or_create(
            username=username, defaults={"first_name": first_name, "last_name": last_name}
        )
        if is_new:
            # One hash for all: hashing is slow on purpose, and the password is no secret.
            hashed = hashed or make_password(password)
            user.password = hashed
            user.save(update_fields=["password"])
            user.groups.set(Group.objects.filter(name__in=groups))
            made += 1
    return made


def _code_pending(at: datetime) -> int:
    pending = Encounter.objects.filter(source=SOURCE, coding_state=CodingState.PENDING)
    ids = list(pending.order_by("pk").values_list("pk", flat=True))
    for encounter_id in ids:
        preparation.code(encounter_id=encounter_id, at=at)
    return len(ids)
