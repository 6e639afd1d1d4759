"""A file of encounters as it would be coded if it were taken in now; nothing of it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.db import transaction

from encounters import coding, intake
from encounters.models import Encounter, IntakeBatch
from rules.result import CodingResult

SOURCE = "rehearsal"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the engine says to one encounter, by the name that its sender gives it."""

    name: str
    date_of_service: date
    result: CodingResult


class UnableToRehearse(Exception):
    """The file holds no encounter that could be taken in; the message gives the reasons."""


def rehearse(*, file: BinaryIO, file_name: str, at: datetime) -> tuple[Rehearsed, ...]:
    """Every encounter of the file, coded with counterfactuals by today's formulary and rules.

    Raises UnableToRehearse where the file is refused, in whole or in part.
    """
    with _forgotten():
        batch = intake.take_in_file(file=file, file_name=file_name, source=SOURCE, actor=None, at=at)
        if batch.refused:
            raise UnableToRehearse(_reasons(batch))
        return tuple(
            Rehearsed(
                encounter.external_id,
                encounter.date_of_service,
                coding.result_of(coding.run(encounter=encounter, at=at)),
            )
            for encounter in Encounter.objects.filter(source=SOURCE).order_by("pk")
        )


@contextmanager
def _forgotten() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _reasons(batch: IntakeBatch) -> str:
    refusals = batch.refusals.order_by("line", "pk")[:10]
    return "; ".join(f"{each.column}: {each.reason}" if each.column else each.reason for each in refusals)
