"""A coding run becomes a place in the queue; what was decided before is kept where the new run leaves it standing."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from django.db import OperationalError, transaction

from encounters import coding
from encounters.audit import Tag
from encounters.models import CodedLine, CodingRun, Encounter, LineDecision, Review
from encounters.models.encounter import CodingState
from encounters.models.review import DecisionAction, ReviewState
from encounters.review import hold, sights
from encounters.review.lines import ADDED_KEY, standing
from encounters.review.states import wake_up
from rules.facts import EncounterFacts
from rules.result import CodingResult
from rules.vocabulary import AdministrationStatus, Severity

TARGET_DAYS = 5
FILING_LIMIT_DAYS = 365
"""Where no payer is named."""
CENT = Decimal("0.01")
NOT_A_DRUG_GIVEN = frozenset({AdministrationStatus.NOT_GIVEN, AdministrationStatus.ENTERED_IN_ERROR})
SUMMARY = (
    "date_of_service",
    "payer",
    "location",
    "families",
    "rule_path",
    "blocks",
    "warns",
    "informs",
    "drugs",
    "codes",
    "code_units",
    "value_at_stake",
    "search_text",
    "due_date",
    "filing_limit_date",
)


def code(*, encounter_id: int, at: datetime, trigger: str | None = None, is_forced: bool = False) -> Review | None:
    """A pending encounter is coded and stands in the queue, both or neither.

    Nothing happens to one that is not pending, unless `is_forced`. What is wrong with one encounter is kept on it as
    its error, and None returned; a failing database is no fault of the encounter, so OperationalError is raised.
    """
    with transaction.atomic():
        encounter = coding.lock(encounter_id=encounter_id)
        if encounter.coding_state != CodingState.PENDING and not is_forced:
            return None
        try:
            with transaction.atomic():
                run = coding.run(encounter=encounter, trigger=trigger, at=at)
                encounter.refresh_from_db()
                return prepare(encounter=encounter, run=run, at=at)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - one encounter, whatever is wrong with it, must not stop the others
            coding.mark_failed(encounter=encounter, error=error, at=at)
            return None


@transaction.atomic
def prepare(*, encounter: Encounter, run: CodingRun, at: datetime) -> Review:
    """The review shows `run`; asked again for the same run, only its state is looked at anew.

    Decisions on lines that the run leaves as they were are carried over. A pended review wakes; an accepted one is
    `changed` where lines or blocking findings differ from those accepted or a record of it could not be taken in, and
    accepted again where that is no longer so.
    """
    held = Review.objects.select_for_update(no_key=True).filter(encounter=encounter).first()
    lines = list(run.lines.order_by("position"))
    if held is None:
        return _first(encounter, run, lines, at)
    if held.run_id != run.pk:
        _take_in_run(held, run, lines, at)
        return held
    before = {"state": held.state}
    tag = _settle_state(held, run, lines)
    if held.state != before["state"]:
        hold.save_act(held, "state", tag=tag, at=at, user=None, before=before, after={"state": held.state})
    return held


def _first(encounter: Encounter, run: CodingRun, lines: list[CodedLine], at: datetime) -> Review:
    held = Review(encounter=encounter, run=run, version=0, **_summary(encounter, run, lines))
    held.state = hold.open_state(held)
    held.save()
    hold.save_act(held, tag=Tag.ENCOUNTER_PREPARED, at=at, user=None, after={"run": run.number, "state": held.state})
    return held


def _take_in_run(held: Review, run: CodingRun, lines: list[CodedLine], at: datetime) -> None:
    earlier, before = held.run, {"run": held.run.number, "state": held.state}
    carried, dropped = _carry(held, earlier, run, lines)
    held.run = run
    for name, value in _summary(held.encounter, run, lines).items():
        setattr(held, name, value)
    tag = _settle_state(held, run, lines)
    hold.save_act(
        held,
        "run",
        "state",
        *SUMMARY,
        tag=tag,
        at=at,
        user=None,
        object_repr=str(run),
        before=before,
        after={"run": run.number, "state": held.state, "decisions_kept": carried, "decisions_dropped": dropped},
    )
    if held.state == ReviewState.PENDED:
        wake_up(held, at=at, user=None, reason="new documentation")


def _settle_state(held: Review, run: CodingRun, lines: list[CodedLine]) -> Tag:
    """The state under the new run, and the name of what happened."""
    if held.state in {ReviewState.PENDED, ReviewState.SECOND_REVIEW}:
        return Tag.ENCOUNTER_PREPARED
    if held.state not in {ReviewState.ACCEPTED, ReviewState.CHANGED} or held.accepted_run is None:
        held.state = hold.open_state(held)
        return Tag.ENCOUNTER_PREPARED
    was = held.state
    is_same = _is_same(held.accepted_run, run, lines) and not hold.has_open_refusals(held)
    held.state = ReviewState.ACCEPTED if is_same else ReviewState.CHANGED
    if held.state == was == ReviewState.ACCEPTED:
        return Tag.ENCOUNTER_PREPARED
    return Tag.ENCOUNTER_RESTORED if is_same else Tag.ENCOUNTER_CHANGED_SINCE


def _is_same(accepted: CodingRun, run: CodingRun, lines: list[CodedLine]) -> bool:
    """The lines are those that were accepted, and no finding blocks that did not then."""
    then = sorted(map(_signature, accepted.lines.all()))
    return then == sorted(map(_signature, lines)) and _blocks(run) <= _blocks(accepted)


def _blocks(run: CodingRun) -> set[tuple[str, tuple[str, ...]]]:
    return {(finding.kind, tuple(finding.administrations)) for finding in run.findings.filter(severity=Severity.BLOCKS)}


def _carry(held: Review, earlier: CodingRun, run: CodingRun, lines: list[CodedLine]) -> tuple[int, list[str]]:
    """How many decisions hold for the new run too, and the lines whose decisions do not, because they changed."""
    new_keys = _matched(earlier.lines.order_by("position"), lines)
    carried, dropped = 0, []
    for key, decision in standing(held, earlier).items():
        new_key = key if key.startswith(ADDED_KEY) else new_keys.get(key)
        if new_key is None:
            dropped.append(f"{decision.code} ×{decision.units} {decision.action}")
            continue
        if key.startswith(ADDED_KEY) and decision.action == DecisionAction.REJECTED:
            continue
        _repeat(decision, run, new_key)
        carried += 1
    return carried, dropped


def _repeat(decision: LineDecision, run: CodingRun, line_key: str) -> None:
    LineDecision.objects.create(
        review_id=decision.review_id,
        run=run,
        line_key=line_key,
        action=decision.action,
        code=decision.code,
        units=decision.units,
        modifiers=decision.modifiers,
        administrations=decision.administrations,
        date_of_service=decision.date_of_service,
        reason_code=decision.reason_code,
        reason=decision.reason,
        carried_from=decision,
        actor_id=decision.actor_id,
        actor_name=decision.actor_name,
        at=decision.at,
    )


def _matched(old: Iterable[CodedLine], new: Iterable[CodedLine]) -> dict[str, str]:
    """Old key → new key of lines that say the same; of several that do, the first goes to the first."""
    waiting = defaultdict(list)
    for line in new:
        waiting[_signature(line)].append(line.key)
    found = {}
    for line in old:
        if keys := waiting[_signature(line)]:
            found[line.key] = keys.pop(0)
    return found


def _signature(line: CodedLine) -> tuple[str, int, tuple[str, ...], tuple[str, ...], date, str]:
    return (
        line.code,
        line.units,
        tuple(line.modifiers),
        tuple(line.administrations),
        line.date_of_service,
        line.role,
    )


def _summary(encounter: Encounter, run: CodingRun, lines: list[CodedLine]) -> dict[str, object]:
    told = coding.facts_of(run)
    severities = list(run.findings.values_list("severity", flat=True))
    value = sum((line.price * line.units for line in lines if line.price is not None), Decimal(0))
    drugs = _drug_names(told)
    codes = [line.code for line in lines]
    payer, service = encounter.payer, encounter.date_of_service
    searched = (encounter.patient.mrn, encounter.external_id, *drugs, *codes)
    return {
        "date_of_service": service,
        "payer": payer,
        "location": encounter.location,
        "families": sorted({line.family for line in lines}),
        "rule_path": rule_path(coding.result_of(run), (one.id for one in told.administrations)),
        "blocks": severities.count(Severity.BLOCKS),
        "warns": severities.count(Severity.WARNS),
        "informs": severities.count(Severity.INFORMS),
        "drugs": drugs,
        "codes": codes,
        "code_units": [line.units for line in lines],
        "value_at_stake": value.quantize(CENT),
        "search_text": " ".join(searched).lower(),
        "due_date": service + timedelta(days=payer.target_days if payer else TARGET_DAYS),
        "filing_limit_date": service + timedelta(days=payer.filing_limit_days if payer else FILING_LIMIT_DAYS),
    }


def rule_path(result: CodingResult, administrations: Iterable[str]) -> str:
    """SHA-256 of how the lines came about: each line's code, role and the rules of its steps, in claim order.

    Units and minutes do not count: infusions of an hour and of an hour and ten minutes share a path. Empty where one
    of the administrations earns no line: somebody has to look at why.
    """
    if sights.without_a_line(result, administrations):
        return ""
    path = [(line.code, line.role.value, *(step.rule for step in line.steps)) for line in result.lines]
    return sha256(repr(path).encode()).hexdigest()


def _drug_names(told: EncounterFacts) -> list[str]:
    """The drugs that were given, each once, in charted order."""
    given = (one for one in told.administrations if one.status not in NOT_A_DRUG_GIVEN)
    return list(dict.fromkeys(one.drug.name for one in given))
