"""What a change of the formulary would do to encounters, asked of whoever holds them.

The formulary knows nothing of encounters. The floor above registers one `Consequences` when the application starts;
an import asks it before anything is published. Nothing here changes an encounter.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from django.contrib.auth.models import User

from drugs.index import FormularyIndex


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """The formulary as it would be, and where it would differ from the newest version."""

    proposed: FormularyIndex
    """The newest version with the change laid over it; its rows that do not stand yet have no id."""
    on: date
    """The first date of service that would change."""
    until: date | None
    """The first date of service after those that would change; None where there is no end."""
    codes: frozenset[str] = frozenset()
    """HCPCS codes whose meaning, validity or price would differ."""
    ndcs: frozenset[str] = frozenset()
    """Packages, of 11 digits, that would be other packages or bill as other codes."""


@dataclass(frozen=True, slots=True)
class AffectedEncounter:
    """One encounter that would be coded otherwise."""

    encounter_id: int
    name: str
    """What a person knows the encounter by."""
    date_of_service: date
    is_accepted: bool
    """Whether a coder stands behind its lines already. Such an encounter is listed and never changed by itself."""
    before: tuple[str, ...]
    """Its lines now, as `J1745 × 40`."""
    after: tuple[str, ...]
    dollars: Decimal
    """The value of its lines afterwards less that of now, in US dollars."""


@dataclass(frozen=True, slots=True)
class Affected:
    """All that a change would do to encounters."""

    open_ids: tuple[int, ...]
    """Every encounter without final lines that would be coded otherwise."""
    accepted_ids: tuple[int, ...]
    """Every accepted encounter that would be coded otherwise if it were coded anew."""
    dollars: Decimal
    """The sum over both, in US dollars."""
    examples: tuple[AffectedEncounter, ...] = ()
    """Some of them, those with most dollars first, the accepted ones before the others."""

    @property
    def number(self) -> int:
        """How many encounters would be coded otherwise."""
        return len(self.open_ids) + len(self.accepted_ids)


class Consequences(Protocol):
    """Whoever holds encounters and can say what a change would do to them."""

    def holds_any(self) -> bool:
        """Whether there is any encounter that was coded."""

    def affected(self, change: ProposedChange, *, examples: int) -> Affected:
        """Return the encounters that `change` would change, exactly, with at most `examples` of them in full."""


class CodeAgain(Protocol):
    """What has encounters coded again, once, after the formulary has changed."""

    def __call__(
        self, *, encounter_ids: Collection[int], since: datetime | None, reason: str, by: User, at: datetime
    ) -> object:
        """Ask for it in the transaction of the change; accepted encounters are never among them.

        Those that were coded from `since` on are too, as they came after the others were counted.
        """


_registered: list[Consequences] = []
_coding_again: list[CodeAgain] = []


def register(consequences: Consequences, *, code_again: CodeAgain | None = None) -> None:
    """Let `consequences` answer from now on, in place of any other; call it once, when the application starts."""
    _registered[:] = [consequences]
    _coding_again[:] = [code_again] if code_again else []


def affected(change: ProposedChange, *, examples: int = 50) -> Affected | None:
    """Return what `change` would do to encounters, None where nobody holds any."""
    return _registered[0].affected(change, examples=examples) if _registered else None


def are_there_any() -> bool:
    """Whether somebody holds encounters that a change could change."""
    return bool(_registered) and _registered[0].holds_any()


def code_again(*, encounter_ids: Collection[int], since: datetime | None, reason: str, by: User, at: datetime) -> None:
    """Have encounters coded again, and those that were coded from `since` on, where somebody holds any."""
    if _coding_again and (encounter_ids or since):
        _coding_again[0](encounter_ids=encounter_ids, since=since, reason=reason, by=by, at=at)
