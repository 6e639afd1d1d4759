"""What the chart says once later statements lie over it: addenda that are saved, and what-if changes that are not."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from drugs.models import Drug, Product
from encounters.models import DrugAdministration
from rules.vocabulary import AccessReason, AdministrationStatus, Family, Kind, Purpose, Route, Technique


@dataclass(frozen=True, slots=True)
class Opened:
    """Containers of one labelled size that were opened."""

    size_amount: Decimal
    size_unit: str
    count: int = 1
    is_single_dose: bool | None = None


Pauses = tuple[tuple[datetime, datetime], ...]
Value = str | int | bool | datetime | Decimal | Pauses | tuple[Opened, ...] | None
Changes = Mapping[str, object]


class UnableToReadChange(ValueError):
    """A change names a field that addenda cannot speak of, or a value that the field cannot have."""

    def __init__(self, field: str, why: str) -> None:
        """Names the field and says what is wrong."""
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


@dataclass(frozen=True, slots=True)
class Statement:
    """What is held to be true of one administration. Empty text: nothing is said.

    `drug` and `product` are what the charted name resolved to; `is_drug_restated`: a later statement names the drug
    anew. `kind` fills a gap of the formulary, `family` is a person's word and outweighs it. `access_reason`: why the
    further access was used, where a later statement says it; None leaves the access's own reason.
    """

    external_id: str
    drug_name: str
    drug: Drug | None
    product: Product | None
    kind: str
    ndc: str
    hcpcs: str
    route: str
    technique: str
    started_at: datetime | None
    stopped_at: datetime | None
    minutes: int | None
    access: str
    bag: str
    purpose: str
    status: str
    visit: int
    order: str
    dose_amount: Decimal | None
    dose_unit: str
    discarded_amount: Decimal | None
    discarded_unit: str
    volume_ml: Decimal | None
    rate: str
    lot: str
    diagnosis: str
    is_implanted: bool
    lesions: int
    is_new_setup: bool
    is_puncture_by_other: bool
    is_without_tap: bool
    is_on_pump: bool
    charted_by: str
    pauses: Pauses
    containers: tuple[Opened, ...]
    family: str = ""
    access_reason: str | None = None
    is_drug_restated: bool = False

    @property
    def clock(self) -> tuple[datetime | None, datetime | None]:
        """Start and stop; the charted minutes give the one that is missing. Clock times win over minutes."""
        start, stop = self.started_at, self.stopped_at
        if self.minutes is not None and start and not stop:
            stop = start + timedelta(minutes=self.minutes)
        elif self.minutes is not None and stop and not start:
            start = stop - timedelta(minutes=self.minutes)
        return start, stop


def statement(administration: DrugAdministration, *, changes: Changes | None = None) -> Statement:
    """The charted entry, its addenda in the order they were made, and last the what-if `changes`.

    Raises UnableToReadChange. Reads `drug`, `product`, `access`, `order`, `pauses`, `containers` and
    `addenda`: prefetch them.
    """
    addenda = sorted(administration.addenda.all(), key=lambda addendum: (addendum.at, addendum.pk))
    return overlaid(_charted(administration), [*(addendum.changes for addendum in addenda), changes or {}])


def overlaid(said: Statement, layers: Iterable[Changes]) -> Statement:
    """What is said once each of the layers lies over it, the last one on top; raises UnableToReadChange."""
    for layer in layers:
        if values := read_changes(layer):
            restated = {"is_drug_restated": True} if values.keys() & NAMES_OF_THE_DRUG else {}
            said = replace(said, **values, **restated)  # type: ignore[arg-type]
    return said


def read_changes(changes: Changes) -> dict[str, Value]:
    """The changes with values of the fields' own types; raises UnableToReadChange."""
    return {field: read_change(field=field, value=value) for field, value in changes.items()}


def read_change(*, field: str, value: object) -> Value:
    """One value as its field has it; times come in ISO 8601 with an offset. Raises UnableToReadChange."""
    reader = READERS.get(field)
    if reader is None:
        raise UnableToReadChange(field, "is not a field that an addendum can change")
    try:
        return reader(value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise UnableToReadChange(field, str(error) or "cannot be read") from error


def _charted(administration: DrugAdministration) -> Statement:
    own = {name: getattr(administration, name) for name in COLUMNS}
    return Statement(
        **own,
        access=administration.access.label if administration.access else "",
        order=administration.order.reference if administration.order else "",
        pauses=tuple(
            (pause.started_at, pause.stopped_at)
            for pause in sorted(administration.pauses.all(), key=lambda pause: (pause.started_at, pause.pk))
        ),
        containers=tuple(
            Opened(opened.size_amount, opened.size_unit, opened.count, opened.is_single_dose)
            for opened in sorted(administration.containers.all(), key=lambda opened: opened.pk)
        ),
    )


def _time(value: object) -> datetime | None:
    if value in (None, ""):
        return None
    read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if read.tzinfo is None:
        message = "needs its offset from UTC"
        raise ValueError(message)
    return read


def _amount(value: object) -> Decimal | None:
    if value in (None, ""):
        return None
    read = Decimal(str(value))
    if not read.is_finite() or read < 0:
        message = "must be an amount, zero or more"
        raise ValueError(message)
    return read


def _whole(*, least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        number = int(str(value))
        if number < least:
            message = f"must be {least} or more"
            raise ValueError(message)
        return number

    return read


def _minutes(value: object) -> int | None:
    return None if value in (None, "") else _whole(least=0)(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        message = "must be true or false"
        raise TypeError(message)
    return value


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _word(words: type[StrEnum]) -> Callable[[object], str]:
    def read(value: object) -> str:
        return words(_text(value)).value if _text(value) else ""

    return read


def _status(value: object) -> str:
    return AdministrationStatus(_text(value)).value


def _rows(value: object) -> Iterable[object]:
    if not isinstance(value, list | tuple):
        message = "must be a list"
        raise TypeError(message)
    return value


def _pauses(value: object) -> Pauses:
    read = []
    for row in _rows(value):
        start, stop = (row.get("started_at"), row.get("stopped_at")) if isinstance(row, Mapping) else _rows(row)
        begun, ended = _time(start), _time(stop)
        if begun is None or ended is None or ended < begun:
            message = "each pause needs a start and, not before it, a stop"
            raise ValueError(message)
        read.append((begun, ended))
    return tuple(read)


def _containers(value: object) -> tuple[Opened, ...]:
    return tuple(_opened(row) for row in _rows(value))


def _opened(row: object) -> Opened:
    size = _amount(row.get("size_amount")) if isinstance(row, Mapping) else None
    if not isinstance(row, Mapping) or not size:
        message = "each container needs a size above zero"
        raise ValueError(message)
    is_single_dose = row.get("is_single_dose")
    return Opened(
        size_amount=size,
        size_unit=_text(row.get("size_unit")),
        count=_whole(least=1)(row.get("count", 1)),
        is_single_dose=None if is_single_dose is None else _flag(is_single_dose),
    )


READERS: Mapping[str, Callable[[object], Value]] = {
    "started_at": _time,
    "stopped_at": _time,
    "minutes": _minutes,
    "pauses": _pauses,
    "containers": _containers,
    "drug_name": _text,
    "hcpcs": _text,
    "kind": _word(Kind),
    "family": _word(Family),
    "route": _word(Route),
    "technique": _word(Technique),
    "purpose": _word(Purpose),
    "status": _status,
    "access": _text,
    "access_reason": _word(AccessReason),
    "bag": _text,
    "order": _text,
    "visit": _whole(least=1),
    "dose_amount": _amount,
    "dose_unit": _text,
    "discarded_amount": _amount,
    "discarded_unit": _text,
    "volume_ml": _amount,
    "rate": _text,
    "lot": _text,
    "ndc": _text,
    "diagnosis": _text,
    "lesions": _whole(least=1),
    "is_implanted": _flag,
    "is_new_setup": _flag,
    "is_puncture_by_other": _flag,
    "is_without_tap": _flag,
    "is_on_pump": _flag,
    "charted_by": _text,
}
"""What an addendum or a what-if may change, and how its value is read."""

NAMES_OF_THE_DRUG = frozenset({"drug_name", "ndc", "hcpcs"})
"""Fields that say which drug it was."""

COLUMNS = (
    "external_id",
    "drug_name",
    "drug",
    "product",
    "kind",
    "ndc",
    "hcpcs",
    "route",
    "technique",
    "started_at",
    "stopped_at",
    "minutes",
    "bag",
    "purpose",
    "status",
    "visit",
    "dose_amount",
    "dose_unit",
    "discarded_amount",
    "discarded_unit",
    "volume_ml",
    "rate",
    "lot",
    "diagnosis",
    "is_implanted",
    "lesions",
    "is_new_setup",
    "is_puncture_by_other",
    "is_without_tap",
    "is_on_pump",
    "charted_by",
)
"""Columns of DrugAdministration that a statement takes over as they are."""
