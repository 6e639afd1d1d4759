"""A dataset on its way through intake and coding, and what became of each of its records."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from encounters import coding, intake
from encounters.intake.records import ReadEncounter
from encounters.models import Encounter, IntakeBatch
from encounters.models.encounter import CodingState
from encounters.review import preparation

CODED = "coded"


@dataclass(slots=True)
class Report:
    """How many records were read, and what became of them; `seconds` for reading and storing, and for coding.

    `before` counts records that are no administration of their own (a stop, a further rate, a blank), by reason.
    `became` counts administrations: coded, or set aside by the engine's reason.
    """

    batch: IntakeBatch
    before: Counter[str]
    became: Counter[str] = field(default_factory=Counter)
    encounters: int = 0
    failed: list[str] = field(default_factory=list)
    seconds_in: float = 0.0
    seconds_coding: float = 0.0


def import_dataset(  # a source with its records and who watches
    *,
    source: str,
    records: Iterable[ReadEncounter],
    before: Counter[str],
    limit: int | None,
    at: datetime,
    on_stored: Callable[[int], None],
    on_coded: Callable[[int, int], None],
) -> Report:
    """Take in at most `limit` encounters, code what waits, and count what became of every administration.

    `on_stored(records so far)` and `on_coded(encounters so far, of how many)` are told of progress.
    """
    begun = time.perf_counter()
    digest = hashlib.sha256(f"{source} {at.isoformat()}".encode()).hexdigest()
    batch = intake.open_batch(source=source, file_name="", sha256=digest, actor=None, at=at)
    ids: list[int] = []

    def note(so_far: IntakeBatch, outcomes: Mapping[int, intake.Outcome]) -> None:
        ids.extend(outcomes)
        on_stored(so_far.records)

    batch = intake.take_in(
        records=islice(records, limit),
        batch=batch,
        actor=None,
        at=at,
        progress=note,
    )
    report = Report(batch, before, seconds_in=time.perf_counter() - begun)
    begun = time.perf_counter()
    for number, encounter_id in enumerate(ids, start=1):
        preparation.code(encounter_id=encounter_id, at=at)
        _count(report, encounter_id)
        on_coded(number, len(ids))
    report.seconds_coding = time.perf_counter() - begun
    return report


def _count(report: Report, encounter_id: int) -> None:
    encounter = Encounter.objects.get(pk=encounter_id)
    report.encounters += 1
    run = encounter.runs.order_by("-number").first()
    if encounter.coding_state != CodingState.CODED or run is None:
        report.failed.append(f"{encounter.external_id}: {encounter.coding_error or encounter.coding_state}")
        report.became["could not be coded"] += encounter.administrations.count()
        return
    result = coding.result_of(run)
    billed = {name for line in result.lines for name in line.administrations}
    reasons = {each.administration: str(each.reason) for each in result.not_billed}
    for external_id in encounter.administrations.values_list("external_id", flat=True):
        became = CODED if external_id in billed else reasons.get(external_id, "no line and no reason")
        report.became[became] += 1


def table(report: Report) -> Iterator[tuple[str, int]]:
    """The rows of the final table: coded first, then reasons by how often they occur."""
    yield "administrations coded", report.became[CODED]
    for reason, count in report.became.most_common():
        if reason != CODED:
            yield f"set aside: {reason}", count
    for reason, count in report.before.most_common():
        yield f"no administration of its own: {reason}", count
    yield "refused by intake", report.batch.refused
