"""The engine is asked, and what it says is stored whole. The only caller of the engine."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction

from drugs import facts as drug_facts
from drugs.index import FormularyIndex, current_index
from encounters import audit, facts, references, rulebooks
from encounters.addenda import Changes
from encounters.audit import Tag
from encounters.installed import load_rulebook
from encounters.models import Addendum, CodedLine, CodingRun, Encounter, RunFinding
from encounters.models.encounter import CodingState
from rules import engine
from rules.counterfactual import with_counterfactuals
from rules.explain import rules_of
from rules.facts import EncounterFacts
from rules.result import CodingResult
from rules.rulebook.loader import code_digest
from rules.rulebook.model import Rulebook
from rules.snapshot import facts_from_json, facts_to_json, result_from_json, result_to_json
from rules.vocabulary import FindingKind

LONGEST_ERROR = 2000


def engine_version() -> str:
    """The engine's release and the beginning of the digest of its source: another engine says that it is another."""
    return f"{engine.ENGINE_VERSION}+{code_digest()[:12]}"


def lock(*, encounter_id: int) -> Encounter:
    """The encounter, held by the caller's transaction until it ends.

    The lock lets others still point at the row: an audit event of a coder at work must not wait for a coding run
    that in turn waits for that coder's review.
    """
    return Encounter.objects.select_for_update(no_key=True).get(pk=encounter_id)


@transaction.atomic
def run(*, encounter: Encounter, trigger: str | None = None, at: datetime) -> CodingRun:
    """The run that holds for the chart, rules and formulary of now; the encounter is `coded`.

    Where the last run saw the same facts in the same versions it is that one: asking twice makes no second run.
    Without `trigger` it is read off the chart. Raises what the translation or the engine raises, with nothing stored.
    """
    locked = lock(encounter_id=encounter.pk)
    rulebook = load_rulebook()
    reading = facts.read(encounter=locked)
    told = reading.facts
    told_text = facts_to_json(told)
    runs = locked.runs.order_by("-number")
    # What was made wrong on purpose is no answer to what is asked here; only its number is taken.
    last, highest = runs.filter(seeded__isnull=True).first(), runs.first()
    seen = {
        "chart_version": locked.chart_version,
        "facts_digest": digest(told_text),
        "engine_version": engine_version(),
        "rulebook_version": rulebook.version,
        "formulary_version": drug_facts.formulary_version(locked.date_of_service),
    }
    if last is None or any(getattr(last, name) != value for name, value in seen.items()):
        rulebooks.keep(rulebook=rulebook, at=at)
        begun = time.perf_counter_ns()
        result = answer(told, rulebook=rulebook)
        took = (time.perf_counter_ns() - begun) // 1000
        said_text = result_to_json(result)
        last = CodingRun.objects.create(
            encounter=locked,
            number=highest.number + 1 if highest else 1,
            at=at,
            trigger=trigger or trigger_of(locked, last),
            facts=told_text,
            result=said_text,
            result_digest=digest(said_text),
            policy=result.versions.policy,
            microseconds=took,
            **seen,
        )
        _store(last, result)
        references.store(
            encounter=locked, asked=reading.asked, ordered=reading.ordered, ambiguous=_ambiguous(told, result)
        )
        _record_completed(locked, last, at)
    _mark(locked, CodingState.CODED, "")
    return last


def preview(
    *, encounter: Encounter, changes: Mapping[str, Changes] | None = None, overrides: Mapping[str, str] | None = None
) -> tuple[EncounterFacts, CodingResult]:
    """What the engine would say if `changes` were charted, or under `overrides` of policy keys; nothing is stored.

    Raises what `facts.encounter_facts` raises.
    """
    told = facts.encounter_facts(encounter=encounter, changes=changes)
    return told, engine.code_encounter(told, rulebook=load_rulebook(), overrides=overrides or {})


def preview_of_chart(chart: Encounter, *, changes: Mapping[str, Changes]) -> tuple[EncounterFacts, CodingResult]:
    """What `preview` says, by what `facts.with_chart` has just read; raises what that raises."""
    told = facts.facts_of_chart(chart, changes=changes)
    return told, engine.code_encounter(told, rulebook=load_rulebook())


def under(
    *, run: CodingRun, payer: str | None, facility: str | None, on: date, overrides: Mapping[str, str] | None = None
) -> CodingResult:
    """What the engine says today to what `run` was told, under other policy layers or rules of another day.

    Raises what `engine.code_encounter` raises for a day before the rules begin.
    """
    told = facts.moved(facts_of(run), payer=payer, facility=facility, on=on)
    return engine.code_encounter(told, rulebook=load_rulebook(), overrides=overrides or {})


def corrected(*, run: CodingRun, rulebook: Rulebook) -> CodingResult:
    """What the engine says to what `run` was told under `rulebook`; nothing is stored."""
    return engine.code_encounter(facts_of(run), rulebook=rulebook)


@dataclass(frozen=True, slots=True)
class Difference:
    """What the engine says to one encounter now, and what it would say."""

    encounter_id: int
    date_of_service: date
    before: CodingResult
    after: CodingResult


def differences(
    *,
    encounter_ids: Iterable[int],
    index: FormularyIndex | None = None,
    rulebook: Rulebook | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Iterator[Difference]:
    """Of these encounters those that the engine would be told or asked otherwise, coded both ways; nothing is stored.

    `index` is a proposed formulary, `rulebook` proposed rules, `overrides` other values of policy keys; the other side
    is what holds now. Without proposed rules or values only encounters whose facts would differ are coded at all.
    """
    installed = load_rulebook()
    asked_otherwise = rulebook is not None or bool(overrides)
    if index is None or asked_otherwise:
        told = facts.facts_of_many(encounter_ids, now=current_index(), then=index)
    else:
        told = facts.facts_that_differ(encounter_ids, now=current_index(), then=index)
    for encounter_id, now, then in told:
        before = engine.code_encounter(now, rulebook=installed)
        after = engine.code_encounter(then, rulebook=rulebook or installed, overrides=overrides or {})
        yield Difference(encounter_id, now.date_of_service, before, after)


def answer(told: EncounterFacts, *, rulebook: Rulebook) -> CodingResult:
    """The engine's answer under that rulebook, with what mending each finding would change; nothing is stored."""
    result = engine.code_encounter(told, rulebook=rulebook)
    return with_counterfactuals(result, facts=told, rulebook=rulebook)


def facts_of(run: CodingRun) -> EncounterFacts:
    """What the run was told."""
    return facts_from_json(run.facts)


def result_of(run: CodingRun) -> CodingResult:
    """What the run said."""
    return result_from_json(run.result)


def mark_failed(*, encounter: Encounter, error: Exception, at: datetime) -> None:
    """The encounter waits for a person, with what went wrong; a change of its chart makes it pending again."""
    said = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    _mark(encounter, CodingState.FAILED, said)
    audit.record(tag=Tag.RUN_FAILED, at=at, encounter=encounter, after={"error": said})


@transaction.atomic
def try_failed_again(*, at: datetime) -> int:
    """Encounters that could not be coded are pending again; how many they were."""
    failed = list(Encounter.objects.filter(coding_state=CodingState.FAILED).select_for_update(no_key=True))
    for encounter in failed:
        before = {"error": encounter.coding_error}
        _mark(encounter, CodingState.PENDING, "")
        audit.record(tag=Tag.RUN_REQUESTED, at=at, encounter=encounter, before=before)
    return len(failed)


def trigger_of(encounter: Encounter, last: CodingRun | None) -> str:
    """Why the encounter is coded, read off what changed since the last run: a lost nudge loses no reason."""
    if last is None:
        return CodingRun.Trigger.INTAKE
    if encounter.chart_version == last.chart_version:
        return CodingRun.Trigger.RELEASE
    has_addendum = Addendum.objects.filter(encounter=encounter, at__gt=last.at).exists()
    return CodingRun.Trigger.ADDENDUM if has_addendum else CodingRun.Trigger.INTAKE


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, as hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def _store(stored: CodingRun, result: CodingResult) -> None:
    CodedLine.objects.bulk_create(
        CodedLine(
            run=stored,
            position=position,
            key=line.key,
            code=line.code,
            units=line.units,
            modifiers=list(line.modifiers),
            role=line.role,
            family=line.family,
            administrations=list(line.administrations),
            rules=list(rules_of(line)),
            date_of_service=line.date_of_service,
            minutes=line.minutes,
            price=line.price,
        )
        for position, line in enumerate(result.lines, start=1)
    )
    RunFinding.objects.bulk_create(
        RunFinding(
            run=stored,
            position=position,
            kind=finding.kind,
            severity=finding.severity,
            administrations=list(finding.administrations),
        )
        for position, finding in enumerate(result.findings, start=1)
    )


def _ambiguous(told: EncounterFacts, result: CodingResult) -> dict[str, list[str]]:
    """The codes of each administration among which the engine could not choose."""
    ids = {
        one
        for finding in result.findings
        if finding.kind == FindingKind.AMBIGUOUS_CODE
        for one in finding.administrations
    }
    return {
        one.id: sorted({code.code for code in one.drug.billing_codes or ()})
        for one in told.administrations
        if one.id in ids
    }


def _record_completed(encounter: Encounter, stored: CodingRun, at: datetime) -> None:
    audit.record(
        tag=Tag.RUN_COMPLETED,
        at=at,
        encounter=encounter,
        object_repr=str(stored),
        after={
            "run": stored.number,
            "trigger": stored.trigger,
            "engine": stored.engine_version,
            "rulebook": stored.rulebook_version,
            "policy": stored.policy,
            "formulary": stored.formulary_version,
            "facts": stored.facts_digest,
            "result": stored.result_digest,
        },
    )


def _mark(encounter: Encounter, state: CodingState, error: str) -> None:
    if (encounter.coding_state, encounter.coding_error) != (state, error):
        encounter.coding_state, encounter.coding_error = state, error
        encounter.save(update_fields=["coding_state", "coding_error"])
