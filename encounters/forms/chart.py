"""What may be said about an administration at the workbench: times of the clinic's clock, amounts, words of lists."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import forms

from encounters.addenda import Statement
from encounters.forms.review import LONGEST_WORDS, VersionForm
from encounters.models.administration import ROUTES, STATUSES, TECHNIQUES
from rules.vocabulary import AccessReason, Family

CLOCK = re.compile(
    r"(?:(?P<day>\d{4}-\d{2}-\d{2})[ T])?(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?:\s*\+\s*(?P<days>\d)(?:\s*d)?)?",
    re.ASCII,
)
MOST_AMOUNT = Decimal("1e10")
UNSAID = ("", "as charted")
FAMILIES = [UNSAID, *((word.value, word.value.replace("_", " ")) for word in Family)]
REASONS = [UNSAID, *((word.value, word.value) for word in AccessReason)]
TIMES = ("started_at", "stopped_at")


class ClockField(forms.CharField):
    """A time as it is read off a clock: 9:02, 0902, 00:40 +1, or 2026-01-15 09:02."""

    def __init__(self) -> None:
        """A short field that may be left empty."""
        super().__init__(required=False, max_length=20)


class StatementForm(forms.Form):
    """The fields that a what-if offers, filled with what is charted; what is left as it is says nothing."""

    started_at = ClockField()
    stopped_at = ClockField()
    dose_amount = forms.DecimalField(required=False, min_value=0, max_value=MOST_AMOUNT)
    dose_unit = forms.CharField(required=False, max_length=12)
    discarded_amount = forms.DecimalField(required=False, min_value=0, max_value=MOST_AMOUNT)
    family = forms.ChoiceField(required=False, choices=FAMILIES)
    route = forms.ChoiceField(required=False, choices=[("", "not charted"), *ROUTES])
    technique = forms.ChoiceField(required=False, choices=[("", "not charted"), *TECHNIQUES])
    status = forms.ChoiceField(required=False, choices=STATUSES)
    access = forms.CharField(required=False, max_length=20)
    access_reason = forms.ChoiceField(required=False, choices=REASONS)
    ndc = forms.CharField(required=False, max_length=16)
    lot = forms.CharField(required=False, max_length=40)

    def __init__(self, *args: object, said: Statement, zone: ZoneInfo, day: date, **kwargs: object) -> None:
        """`said` is what holds now, `day` the date of service, `zone` the clinic's clock."""
        self.said, self.zone, self.day = said, zone, day
        self.charted = charted_values(said, zone, day)
        kwargs.setdefault("initial", self.charted)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def clean(self) -> dict[str, object]:
        """The stop does not lie before the start."""
        cleaned = super().clean() or {}
        for name in TIMES:
            text = str(cleaned.get(name) or "")
            if not text or text == self.charted[name]:
                continue
            try:
                cleaned[f"{name}_moment"] = read_clock(text, near=self._near(name, cleaned), zone=self.zone)
            except ValueError as error:
                self.add_error(name, str(error))
        start, stop = self._moment("started_at", cleaned), self._moment("stopped_at", cleaned)
        if start and stop and stop < start and not self.errors:
            self.add_error("stopped_at", "The stop would lie before the start.")
        return cleaned

    @property
    def changes(self) -> dict[str, object]:
        """Field → new value, of those that were changed; values as `encounters.addenda` reads them."""
        found: dict[str, object] = {}
        for name, was in self.charted.items():
            value = self.cleaned_data.get(name)
            text = "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
            if name not in self.data or _same(text, was):
                continue
            if name in TIMES:
                moment = self.cleaned_data.get(f"{name}_moment")
                found[name] = moment.isoformat() if moment else None
            else:
                found[name] = text or None
        return found

    def as_read(self, name: str) -> str:
        """A field's new value as it was read: a time with the day that it fell on, which nobody may have typed."""
        moment = self.cleaned_data.get(f"{name}_moment")
        if isinstance(moment, datetime):
            return clock_text(moment, self.zone, self.day)
        return str(self.data.get(name, ""))

    def _moment(self, name: str, cleaned: Mapping[str, object]) -> datetime | None:
        found = cleaned.get(f"{name}_moment")
        if isinstance(found, datetime):
            return found
        return getattr(self.said, name) if cleaned.get(name) else None

    def _near(self, name: str, cleaned: Mapping[str, object]) -> tuple[date, datetime | None]:
        """The day a bare clock time is on, and the moment that it must not precede."""
        if name == "stopped_at":
            start = self._moment("started_at", cleaned)
            return (start.astimezone(self.zone).date() if start else self.day), start
        known = self.said.started_at or self.said.stopped_at
        return (known.astimezone(self.zone).date() if known else self.day), None


class AddendumForm(VersionForm):
    """Why something is charted later than it was."""

    addendum_reason = forms.CharField(
        max_length=LONGEST_WORDS,
        error_messages={"required": "Say where it comes from: the pump's record, the nurse, a late entry."},
    )


class WithdrawForm(VersionForm):
    """Why an addendum is taken back."""

    reason = forms.CharField(max_length=LONGEST_WORDS, error_messages={"required": "Say why it is withdrawn."})


def charted_values(said: Statement, zone: ZoneInfo, day: date) -> dict[str, str]:
    """What holds now, as the form's fields write it."""
    return {
        "started_at": clock_text(said.started_at, zone, day),
        "stopped_at": clock_text(said.stopped_at, zone, day),
        "dose_amount": _number(said.dose_amount),
        "dose_unit": said.dose_unit,
        "discarded_amount": _number(said.discarded_amount),
        "family": said.family,
        "route": said.route,
        "technique": said.technique,
        "status": said.status,
        "access": said.access,
        "access_reason": said.access_reason or "",
        "ndc": said.ndc,
        "lot": said.lot,
    }


def clock_text(moment: datetime | None, zone: ZoneInfo, day: date) -> str:
    """09:02, 00:40 +1 for the day after the date of service, the whole date where it lies further off."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    days = (local.date() - day).days
    if not days:
        return f"{local:%H:%M}"
    return f"{local:%H:%M} +{days}" if 0 < days <= 9 else f"{local:%Y-%m-%d %H:%M}"  # noqa: PLR2004 (one digit)


def read_clock(text: str, *, near: tuple[date, datetime | None], zone: ZoneInfo) -> datetime:
    """The moment that a clock time names: on the day of `near`, on the next where it would precede its moment.

    A time that the clock showed twice is the first of the two. Raises ValueError in words for the person.
    """
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        message = "Write a time such as 09:02, or 00:40 +1 for the next day."
        raise ValueError(message)
    day, not_before = near
    try:
        on = date.fromisoformat(match["day"]) if match["day"] else day
        local = datetime(on.year, on.month, on.day, int(match["hour"]), int(match["minute"]), tzinfo=zone)
        local += timedelta(days=int(match["days"] or 0))
    except (ValueError, OverflowError) as error:
        message = f"“{text}” is not a time of a clock."
        raise ValueError(message) from error
    if not match["day"] and not match["days"] and not_before and local < not_before:
        local += timedelta(days=1)
    if local.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(fold=0) != local.replace(fold=0):
        message = f"{local:%H:%M} never was on the clock that day: it was set forward over that hour."
        raise ValueError(message)
    return local


def _number(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"


def _same(text: str, was: str) -> bool:
    if text == was:
        return True
    try:
        return Decimal(text) == Decimal(was)
    except ArithmeticError:
        return False
