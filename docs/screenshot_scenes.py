"""What the pages of the screenshots show beside the demo content, each thing by the domain's own acts.

Called in `manage.py shell` of the instance, whose settings and servers it needs: `prepare` before the site starts,
`chart_later` while a page lies open.
"""

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.utils import timezone

from drugs.cms.files import FileKind, Quarter
from drugs.formulary import imports
from drugs.models import Drug, FormularyImport, Group, Price
from encounters import coding, impact_studies, intake, recoding, unmapped
from encounters.audit import verification
from encounters.models import ClinicQuery, Encounter, FinalLine, Location, Review, Sample, SampleAudit
from encounters.models.sampling import RulingKind
from encounters.review import claims, decisions, preparation, queries, routing, states
from encounters.samples import loading
from encounters.sampling import automation, drawing, reviewing, rulings
from encounters.sampling.comparing import compared
from encounters.sampling.drawing import Plan
from encounters.sampling.frames import Frame
from encounters.sampling.reviewing import CodedByAuditor
from rules.errors import ParameterNotInForce
from tests.encounters.proposals import further_hour_from
from tests.factories.cms import LAST_PRICE, price_file

Places = dict[str, object]
QUARTER_OF_FILES = "2026Q1"
"""The newest of the starter formulary."""
# A record that is refused, a drug that nobody knows, and one that is taken in.
SENT = """encounter_id,mrn,family_name,given_name,location,payer,administration_id,drug,route,technique,start,stop,dose
W-5001,SYN-750001,Harebell,Ina,north-infusion,medicare,a1,ceftriaxone,IV,infusion,{day}T09:00,{day}T09:40,2 g
W-5002,SYN-750002,Catkin,Wes,north-infusion,medicare,a1,vancomycin,IV,infusion,{day}T11:00,{day}T09:30,1 g
W-5003,SYN-750003,Thistle,Una,east-infusion,harbor-health,a1,zofrn,IV,push,{day}T10:00,{day}T10:02,4 mg
W-5004,SYN-750004,Sedge,Kit,east-infusion,medicaid,a1,zofrn,IV,push,{day}T13:10,{day}T13:12,8 mg
"""


def prepare() -> str:
    """The places of the pages as JSON, once each page has something to show."""
    at = timezone.now()
    places: Places = {"session_codes": _guarded()}
    for scene in (_sample, _reviews, _questions, _uncoded, _taken_in, _studies, _imports, _routing):
        places |= scene(at)
    verification.verify_and_record(at=at)
    return json.dumps(places)


def _person(name: str) -> User:
    return User.objects.get(username=name)


def _joined(name: str, words: str, *roles: str) -> User:
    """Somebody who is new at the clinic."""
    first, last = words.split()
    user = User.objects.create_user(name, password=settings.DEMO_PASSWORD, first_name=first, last_name=last)
    user.groups.set(Role.objects.filter(name__in=roles))
    return user


def _guarded() -> list[str]:
    """The recovery codes of somebody with a second factor; each signs in once."""
    user = _joined("coder7", "Nora Vale", "coder")
    TOTP.activate(user, generate_totp_secret())
    return list(RecoveryCodes.activate(user).get_unused_codes())


def _review(account: str) -> Review:
    return Review.objects.select_related("run", "encounter").get(encounter__external_id=account)


def _act(act: Callable[..., Any], account: str, who: str, at: datetime, **values: object) -> Review:
    """An act on a review by somebody, who then holds it no more."""
    held, user = _review(account), _person(who)
    act(review=held, user=user, at=at, version=held.version, **values)
    claims.release(review=_review(account), user=user, at=at)
    return _review(account)


def _reviews(at: datetime) -> Places:
    """Encounters in each state."""
    edited = _review("S-1001")
    line = edited.run.lines.order_by("position")[1]
    _act(
        decisions.override_line,
        "S-1001",
        "coder",
        at,
        line_key=line.key,
        code=line.code,
        units=line.units + 1,
        modifiers=line.modifiers,
        reason_code="time",
        reason="pump record, 11:22",
    )
    accepted = _act(states.accept, "S-1015", "coder", at)
    pended = _act(states.pend, "S-1017", "coder", at, reason="waste", note="asked the pharmacy", until=None)
    second = _act(
        states.send_to_second_review,
        "S-1020",
        "coder2",
        at,
        note="1.4 mg of a vial are not charted: bill as given?",
    )
    return {
        "clean": _review("S-1005").encounter_id,
        "line": _review("S-1005").run.lines.order_by("position")[1].key,
        "edited": edited.encounter_id,
        "finding": _review("S-1002").encounter_id,
        "access": _review("S-1025").encounter_id,
        "midnight": _review("S-3001").encounter_id,
        "stale": _review("S-1008").encounter_id,
        "changed": _review("DC1-000022").encounter_id,
        "run": accepted.run_id,
        "older_run": _review("DC1-000022").accepted_run_id,
        "accepted": accepted.encounter_id,
        "pended": pended.encounter_id,
        "second": second.encounter_id,
        "held": _review("S-1009").encounter_id,
        "alike": _review("S-2004").encounter_id,
    }


def _questions(at: datetime) -> Places:
    """Questions that wait for their answers, and one that has it."""
    _act(_ask, "S-1016", "coder2", at, administration="a2", template_id="discarded")
    _act(_ask, "S-1025", "coder4", at, administration="a3", template_id="access")
    asked = _act(_ask, "S-3010", "coder", at, administration="a2", template_id="stop_time")
    answered = _act(_ask, "S-3011", "coder", at, administration="a1", template_id="start_time")
    given = answered.encounter.administrations.get(external_id="a1")
    assert given.stopped_at is not None  # noqa: S101 - a sample without a start
    queries.answer(
        query=ClinicQuery.objects.get(review=answered),
        answer="Started 32 minutes before it stopped, read off the pump.",
        value=(given.stopped_at - timedelta(minutes=32)).isoformat(),
        answered_by="T. Ruiz, infusion nurse",
        user=_person("coder"),
        at=at,
    )
    return {
        "query": ClinicQuery.objects.get(review=asked).pk,
        "answered_query": ClinicQuery.objects.get(review=answered).pk,
    }


def _ask(**values: Any) -> ClinicQuery:
    return queries.ask(asked_of="the infusion nurse", **values)


def _uncoded(at: datetime) -> Places:
    """An encounter that cannot be coded, and one whose turn has not come: it arrives when the pictures are taken."""
    samples = {each.encounter.external_id: each for each in loading.read_samples(as_of=at.date()) if each.encounter}
    ids = {}
    for name, source, when in (("failed", "office", at), ("waiting", "ward", at + timedelta(minutes=20))):
        batch = intake.open_batch(source=source, file_name=f"{source}.json", sha256="", actor=None, at=when)
        intake.take_in(records=[samples["S-1013"]], batch=batch, actor=None, at=when)
        ids[name] = Encounter.objects.get(source=source).pk
    error = ParameterNotInForce("no value of additional_from is in force on that day")
    coding.mark_failed(encounter=Encounter.objects.get(pk=ids["failed"]), error=error, at=at)
    return dict(ids)


def _taken_in(at: datetime) -> Places:
    """A file with a record that is refused and a drug that nobody knows; and a name mapped before."""
    content = SENT.format(day=loading.working_day_before(at.date(), 1)).encode()
    batch = intake.take_in_file(
        file=io.BytesIO(content), file_name="ward-evening.csv", source="east-campus", actor=_person("operator"), at=at
    )
    for pk in Encounter.objects.filter(source="east-campus").values_list("pk", flat=True):
        preparation.code(encounter_id=pk, at=at)
    drug = Drug.objects.get(name="oxaliplatin")
    mapped = unmapped.map_name(
        name="zx-114 study antibody",
        drug=Drug.objects.get(name="nivolumab"),
        by=_person("formulary"),
        at=at,
        source="the study's protocol",
    )
    recoding.code_some(recoding_id=mapped.pk, most=100, at=at)
    return {"batch": batch.pk, "recoding": mapped.pk, "drug": drug.pk}


def _sample(at: datetime) -> Places:
    """A sample of which most is read, with differences at each stage of being settled."""
    auditor = _person("auditor")
    sample = drawing.draw(
        plan=Plan(
            name="Fourth quarter, all coders",
            frame=Frame(),
            size=40,
            size_reason="what one person reads in a week",
            seed="20260105",
            auditors=[auditor],
        ),
        user=auditor,
        at=at,
    )
    audits = list(SampleAudit.objects.filter(item__sample=sample).order_by("item__position"))
    shown: Places = {"sample": sample.pk, "blind_item": audits[33].item.position}
    for place, found in enumerate(audits[:33]):
        lines = _final_lines(found)
        if place % 5 == 2:  # noqa: PLR2004 - now and then one unit less
            lines[-1] = CodedByAuditor(lines[-1].code, lines[-1].units + 1, lines[-1].modifiers, words="as charted")
        reviewing.lock(found=found, lines=lines, user=auditor, at=at)
    _settle(audits[2:33:5], at)
    shown |= {"exact_item": audits[0].item.position, "item": audits[2].item.position}
    _later(sample, auditor, at)
    return shown


def _final_lines(found: SampleAudit) -> list[CodedByAuditor]:
    rows = FinalLine.objects.filter(review=found.item.review).order_by("position")
    return [CodedByAuditor(row.code, row.units, tuple(row.modifiers)) for row in rows]


def _settle(differing: list[SampleAudit], at: datetime) -> None:
    """The first is not ruled upon; of the others the coder has answered some, and a lead decided one."""
    says = [
        (RulingKind.DISAGREED, "auditor", "two vials were opened, the chart counts one"),
        (RulingKind.REBUTTED, "", "the second vial is charted on the pharmacy's label"),
        (RulingKind.ESCALATED, "auditor", "the label names another lot"),
        (RulingKind.UPHELD, "lead", "without the lot it is not documented"),
    ]
    for most, found in zip((0, 1, 2, 3, 4, 1), differing, strict=False):
        row = next(each.number for each in compared(found=SampleAudit.objects.get(pk=found.pk)) if not each.is_same)
        for kind, who, reason in says[:most]:
            user = _person(who) if who else found.item.coder
            rulings.rule(found=found, row=row, kind=kind, reason=reason, user=user, at=at)


def _later(sample: Sample, auditor: User, at: datetime) -> None:
    """Another sample, nothing of it read; and a measure of automation bias to come."""
    plan = Plan(
        name="One payer, discovery",
        frame=Frame(payer="medicare"),
        size=30,
        size_reason="discovery sample of 30, as in OIG claims reviews",
        seed="20260212",
        auditors=[auditor],
    )
    drawing.draw(plan=plan, user=auditor, at=at + timedelta(minutes=1))
    automation.set_policy(
        rate=Decimal("0.05"),
        from_date=at.date() + timedelta(days=7),
        until_date=at.date() + timedelta(days=37),
        seed="20260212",
        reason="the yearly measure",
        coder=_person("coder"),
        user=auditor,
        at=at,
    )


def _studies(at: datetime) -> Places:
    """Rules under which a further hour needs more minutes: what they change, and what was paid too much."""
    asked = impact_studies.Asked(
        "A further hour from 91 minutes", files=further_hour_from(91), identified_on=at.date() - timedelta(days=20)
    )
    study = impact_studies.request(asked=asked, user=_person("formulary"), at=at)
    impact_studies.begin(study_id=study.pk, at=at)
    impact_studies.work_out(study_id=study.pk, now=lambda: at)
    return {"study": study.pk}


def _imports(at: datetime) -> Places:
    """Price files: one published and one to decide, in which a unit size has changed; and one that cannot be read."""
    _joined("formulary2", "Piet Harker", "formulary_admin")
    published = _received(_prices("1.01"), "January 2026 ASP Pricing.csv", at)
    for who in ("formulary", "formulary2"):
        _approve_all(published, who, at)
    imports.count_affected(import_id=published.pk, at=at)
    imports.publish(formulary_import=published, by=_person("formulary"), at=at, reason="as published")
    recoded = recoding.unfinished()
    for pk in recoded:
        recoding.code_some(recoding_id=pk, most=1000, at=at)
    later = at + timedelta(minutes=2)
    waiting = _received(
        _prices("0.987", units={"J9263": "1 MG", "J0897": "60 MG"}),
        "January 2026 ASP Pricing File, corrected.csv",
        later,
    )
    imports.count_affected(import_id=waiting.pk, at=later)
    torn = _received(_prices("1.03")[:20_000], "ASP pricing, torn.csv", later)
    return {"published_import": published.pk, "import": waiting.pk, "refused_import": torn.pk}


def _prices(factor: str, units: dict[str, str] | None = None) -> bytes:
    """A price file of the formulary's own prices, all moved alike, here and there with another unit."""
    quarter = Quarter.parse(QUARTER_OF_FILES)
    prices = Price.objects.filter(effective_from=quarter.since, withdrawn_by=None, hcpcs__lt=LAST_PRICE[0]).order_by(
        "hcpcs_id"
    )
    rows = []
    for price in prices:
        meaning = price.hcpcs.meanings.filter(effective_from__lte=quarter.since).latest("effective_from")
        dosage = (units or {}).get(price.hcpcs_id, meaning.per.upper())
        rows.append((price.hcpcs_id, meaning.label, dosage, f"{price.payment_limit * Decimal(factor):.3f}"))
    return price_file(QUARTER_OF_FILES, *rows)


def _received(content: bytes, name: str, at: datetime) -> FormularyImport:
    found = imports.receive_file(
        file=io.BytesIO(content),
        file_name=name,
        kind=FileKind.ASP_PRICING,
        quarter=Quarter.parse(QUARTER_OF_FILES),
        by=_person("formulary"),
        at=at,
    )
    imports.read(import_id=found.pk, at=at)
    return FormularyImport.objects.get(pk=found.pk)


def _approve_all(found: FormularyImport, who: str, at: datetime) -> None:
    for group in Group:
        try:
            imports.approve(
                formulary_import=found, by=_person(who), at=at, group=group, with_conflicts=True, reason="as published"
            )
        except imports.UnableToDecide:
            continue


def _routing(at: datetime) -> Places:
    """Two rules and who has the skills that they ask for."""
    lead = _person("lead")
    chemotherapy = routing.add_rule(
        skill="chemotherapy", payer=None, location=None, family="chemo", user=lead, at=at
    ).skill
    emergency = routing.add_rule(
        skill="emergency", payer=None, location=Location.objects.get(code="emergency"), user=lead, at=at
    ).skill
    for skill, names in ((chemotherapy, ("coder", "coder3", "lead")), (emergency, ("coder", "coder5"))):
        for name in names:
            routing.set_skill(skill=skill, person=_person(name), has=True, user=lead, at=at)
    return {}


def chart_later(*, encounter_id: int) -> None:
    """The pump's record arrives for an infusion of the encounter, which is coded again."""
    at = timezone.now()
    given = Encounter.objects.get(pk=encounter_id).administrations.filter(
        technique="infusion", stopped_at__isnull=False
    )
    administration = given.order_by("-position")[0]
    stopped_at = administration.stopped_at
    assert stopped_at is not None  # noqa: S101 - filtered for above
    # Once in each theme, and each time it says something else.
    later = timedelta(minutes=45 + 60 * administration.addenda.count())
    changes = {"stopped_at": (stopped_at + later).isoformat()}
    intake.add_addendum(
        administration=administration, changes=changes, reason="read off the pump", author=_person("lead"), at=at
    )
    preparation.code(encounter_id=encounter_id, at=at)
