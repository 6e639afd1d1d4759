"""What lies on the desk beside lines and findings: addenda, questions, notes, refused records, what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from encounters.models import Addendum, ClinicQuery, IntakeRefusal, Note, Review, Sight


@dataclass(frozen=True, slots=True)
class AddendumSaid:
    """A later statement: by whom, why, and the values before and after as they are stored."""

    pk: int
    administration: str
    drug_name: str
    changes: Mapping[str, object]
    before: Mapping[str, object]
    reason: str
    author_name: str
    at: datetime
    is_withdrawn: bool
    is_withdrawal: bool


@dataclass(frozen=True, slots=True)
class QueryAsked:
    """A question to the clinic and how it stands."""

    pk: int
    administration: str
    finding_kind: str
    text: str
    asked_of: str
    asked_by_name: str
    asked_at: datetime
    expires_date: date
    state: str
    answer: str
    answered_by_name: str


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A note in force; `is_rewritten`: it stands in place of an earlier version."""

    pk: int
    anchor_kind: str
    anchor: str
    anchor_words: str
    text: str
    author: int
    author_name: str
    at: datetime
    is_rewritten: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of the encounter that could not be taken in and that nobody has settled."""

    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Desk:
    """All of it; `seen` holds (administration, reasons as they were read) of one person."""

    addenda: tuple[AddendumSaid, ...] = ()
    queries: tuple[QueryAsked, ...] = ()
    notes: tuple[NoteWritten, ...] = ()
    refusals: tuple[Refused, ...] = ()
    seen: frozenset[tuple[str, str]] = frozenset()


def desk_of(*, review: Review, user: User) -> Desk:
    """What lies on the desk of a review for a person, in one query: the page's budget has no room for one each."""
    row = (
        Review.objects.filter(pk=review.pk)
        .values_list(
            ArraySubquery(_addenda()),
            ArraySubquery(_queries()),
            ArraySubquery(_notes()),
            ArraySubquery(_refusals()),
            ArraySubquery(_sights(user)),
        )
        .get()
    )
    addenda, queries, notes, refusals, seen = row
    return Desk(
        addenda=tuple(AddendumSaid(**_timed(each, "at")) for each in addenda),
        queries=tuple(
            QueryAsked(**_timed(each, "asked_at") | {"expires_date": date.fromisoformat(each["expires_date"])})
            for each in queries
        ),
        notes=tuple(NoteWritten(**_timed(each, "at")) for each in notes),
        refusals=tuple(Refused(**each) for each in refusals),
        seen=frozenset((each["administration"], each["said"]) for each in seen),
    )


def _timed(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(row) | {name: datetime.fromisoformat(row[name])}


def _addenda() -> QuerySet[Any]:
    withdrawals = Addendum.objects.filter(withdraws=OuterRef("pk"))
    rows = Addendum.objects.filter(encounter=OuterRef("encounter_id")).order_by("at", "pk")
    return rows.values(
        row=JSONObject(
            pk="pk",
            administration="administration__external_id",
            drug_name="administration__drug_name",
            changes="changes",
            before="before",
            reason="reason",
            author_name="author_name",
            at="at",
            is_withdrawn=Exists(withdrawals),
            is_withdrawal=Q(withdraws__isnull=False),
        )
    )


def _queries() -> QuerySet[Any]:
    rows = ClinicQuery.objects.filter(review=OuterRef("pk")).order_by("pk")
    names = ("finding_kind", "text", "asked_of", "asked_by_name", "asked_at", "expires_date", "state", "answer")
    return rows.values(
        row=JSONObject(
            pk="pk",
            administration="administration__external_id",
            answered_by_name="answered_by_name",
            **{name: name for name in names},
        )
    )


def _notes() -> QuerySet[Any]:
    rows = Note.objects.filter(review=OuterRef("pk"), replaced_by__isnull=True).order_by("pk")
    names = ("anchor_kind", "anchor", "anchor_words", "text", "author_name", "at")
    return rows.values(
        row=JSONObject(
            pk="pk", author="author_id", is_rewritten=Q(replaces__isnull=False), **{name: name for name in names}
        )
    )


def _refusals() -> QuerySet[Any]:
    rows = IntakeRefusal.objects.filter(encounter=OuterRef("encounter_id"), settled_at__isnull=True).order_by("pk")
    return rows.values(row=JSONObject(line="line", reason="reason"))


def _sights(user: User) -> QuerySet[Any]:
    rows = Sight.objects.filter(review=OuterRef("pk"), seen_by=user)
    return rows.values(row=JSONObject(administration="administration", said="said"))
