"""Now and then one line of a clean encounter is made wrong on purpose; after the decision the coder is told.

Which encounters, follows from the policy's seed. The wrong run never becomes anything: no final line, no coded line
and no acceptance may name it (the database refuses), and after the decision the review shows the true run again.
"""

from datetime import datetime
from hashlib import sha256

from django.contrib.auth.models import User
from django.db.models import Max, Q
from django.utils import timezone

from encounters import audit, coding
from encounters.audit import Tag
from encounters.models import CodingRun, LineDecision, Review, SeededRun, SeedingPolicy, SeedOutcome
from encounters.models.review import ReviewState
from encounters.review.lines import lines_of
from rules.snapshot import result_to_json

WHOLE = 2**64


def seed_by_chance(held: Review, *, user: User, at: datetime) -> None:
    """The locked review, just claimed, shows a wrong line where the policy in force and its dice say so."""
    if held.state != ReviewState.READY:
        return
    policy = _policy(user, at)
    if policy is None or not _is_hit(policy, held):
        return
    is_touched = LineDecision.objects.filter(review=held, run=held.run_id).exists()
    if is_touched or SeededRun.objects.filter(review=held).exists():
        return
    true_run = held.run
    result = coding.result_of(true_run)
    if not result.lines:
        return
    number = int(_dice(policy, held, "line") % len(result.lines))
    line = result.lines[number]
    wrong = line._replace(units=line.units + 1)
    text = result_to_json(result._replace(lines=(*result.lines[:number], wrong, *result.lines[number + 1 :])))
    highest = true_run.encounter.runs.aggregate(most=Max("number"))["most"] or 0
    run = CodingRun.objects.create(
        encounter=true_run.encounter,
        number=highest + 1,
        at=at,
        trigger=CodingRun.Trigger.REQUEST,
        chart_version=true_run.chart_version,
        facts=true_run.facts,
        facts_digest=true_run.facts_digest,
        result=text,
        result_digest=coding.digest(text),
        engine_version=true_run.engine_version,
        rulebook_version=true_run.rulebook_version,
        policy=true_run.policy,
        formulary_version=true_run.formulary_version,
        microseconds=0,
    )
    SeededRun.objects.create(
        run=run,
        true_run=true_run,
        review=held,
        policy=policy,
        shown_to=user,
        line_key=line.key,
        code=line.code,
        right_units=line.units,
        wrong_units=wrong.units,
        at=at,
    )
    _show(held, run)
    # In the stream of the site: that of the encounter is before the coder's eyes.
    audit.record(
        tag=Tag.SUGGESTION_SEEDED, at=at, after={"encounter_id": held.encounter_id, "run": run.number, "line": line.key}
    )


def seeded_of(held: Review) -> SeededRun | None:
    """The seed that the review shows, None where it shows what the engine said."""
    return SeededRun.objects.filter(run=held.run_id).select_related("true_run").first()


def settle(held: Review, seeded: SeededRun, *, user: User, at: datetime) -> SeedOutcome:
    """The decision on a wrong suggestion is noted, nothing is accepted, and the review shows the true run again."""
    line = next((each for each in lines_of(held) if each.key == seeded.line_key), None)
    is_accepted = line is not None and line.is_billed and (line.code, line.units) == (seeded.code, seeded.wrong_units)
    outcome = SeedOutcome.objects.create(
        seeded=seeded, coder=user, coder_name=audit.name_of(user), is_accepted=is_accepted, at=at
    )
    _show(held, seeded.true_run)
    audit.record(
        tag=Tag.SEED_SETTLED,
        at=at,
        actor=user,
        encounter=held.encounter,
        object_repr=f"{seeded.code} ×{seeded.wrong_units}",
        after={"noticed": not is_accepted, "right_units": seeded.right_units, "version": held.version},
    )
    return outcome


def told(held: Review) -> str:
    """What the coder is told of the test that was just settled."""
    outcome = SeedOutcome.objects.select_related("seeded").get(seeded__review=held)
    seeded = outcome.seeded
    what = f"{seeded.code} ×{seeded.wrong_units} was wrong on purpose; ×{seeded.right_units} is what the rules give."
    began = "You accepted a test" if outcome.is_accepted else "You noticed a test"
    return f"{began}: {what} Nothing was accepted. The lines now are the true ones: decide them."


def _show(held: Review, run: CodingRun) -> None:
    held.run = run
    held.version += 1
    held.save(update_fields=["run", "version"])


def _policy(user: User, at: datetime) -> SeedingPolicy | None:
    on = timezone.localdate(at)
    rows = SeedingPolicy.objects.filter(Q(coder=user) | Q(coder__isnull=True)).order_by("-pk")
    newest = rows.first()
    return newest if newest and newest.from_date <= on < newest.until_date else None


def _dice(policy: SeedingPolicy, held: Review, what: str) -> int:
    return int.from_bytes(sha256(f"{policy.seed}\n{held.encounter_id}\n{what}".encode()).digest()[:8])


def _is_hit(policy: SeedingPolicy, held: Review) -> bool:
    return _dice(policy, held, "hit") < int(policy.rate * WHOLE)
