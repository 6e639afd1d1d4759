"""Every page there is, with something on it: the list that tests of all pages walk through.

A new address has to be declared here: as a page, with how one gets there, or as no page, with why.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver

from drugs.cms.files import FileKind
from drugs.models import FormularyImport
from encounters import impact_studies
from encounters.models import ClinicQuery, Encounter, Recoding, Review
from encounters.models.encounter import CodingState
from encounters.review import claims, decisions, preparation, queries, states
from tests import personas
from tests.drugs.formulary.imports.acts import compared
from tests.encounters.proposals import further_hour_from
from tests.encounters.sampling.accepted import drawn
from tests.encounters.views.desk import (
    a_clean_encounter,
    an_encounter_with_a_missing_stop,
    an_encounter_with_something_unbilled,
)
from tests.factories.cms import price_file
from tests.factories.encounters import DAY_AFTER, DrugAdministrationFactory, EncounterFactory, IntakeRefusalFactory
from tests.factories.users import UserFactory

PASSWORD = "a long word for tests"
REVIEW = "review/<int:encounter_id>/"
LINE = f"{REVIEW}lines/<str:line_key>/"
IMPORT = "drugs/imports/<int:pk>/"
ACCOUNT = "account/"
FACTOR = f"{ACCOUNT}second-factor/"

# Page by name: its address among the patterns, and the address with the places of `Clinic` filled in.
PAGES: dict[str, tuple[str, str]] = {
    "sign-in": ("login/", "/login/"),
    "account closed": ("account/closed/", "/account/closed/"),
    "second step": ("login/second-factor/", "/login/second-factor/"),
    "account": (f"{ACCOUNT}second-factor/", "/account/second-factor/"),
    "confirm": (f"{ACCOUNT}confirm/", "/account/confirm/"),
    "confirm by code": (f"{ACCOUNT}confirm/code/", "/account/confirm/code/"),
    "password": (f"{ACCOUNT}password/", "/account/password/"),
    "second factor set up": (f"{FACTOR}set-up/", "/account/second-factor/set-up/"),
    "second factor removed": (f"{FACTOR}remove/", "/account/second-factor/remove/"),
    "recovery codes": (f"{FACTOR}recovery-codes/", "/account/second-factor/recovery-codes/"),
    "new recovery codes": (f"{FACTOR}recovery-codes/new/", "/account/second-factor/recovery-codes/new/"),
    "queue": ("review/", "/review/"),
    "queue of nothing": ("review/", "/review/?q=nobody-is-called-that"),
    "queue accepted": ("review/", "/review/?tab=accepted"),
    "assign": ("review/assign/", "/review/assign/?of={finding}"),
    "accept together": ("review/together/", "/review/together/?of={clean}"),
    "narrow": ("review/narrow/", "/review/narrow/"),
    "routing": ("review/routing/", "/review/routing/"),
    "workbench clean": (REVIEW, "/review/{clean}/"),
    "workbench with findings": (REVIEW, "/review/{finding}/"),
    "workbench pended": (REVIEW, "/review/{pended}/"),
    "workbench accepted": (REVIEW, "/review/{accepted}/"),
    "workbench held by another": (REVIEW, "/review/{held}/"),
    "workbench in second review": (REVIEW, "/review/{second}/"),
    "workbench not coded yet": (REVIEW, "/review/{waiting}/"),
    "workbench that failed": (REVIEW, "/review/{failed}/"),
    "line edited": (f"{LINE}<slug:mode>/", "/review/{clean}/?edit={line}"),
    "line rejected": (f"{LINE}<slug:mode>/", "/review/{clean}/?reject={line}"),
    "line added": (f"{REVIEW}add-line/", "/review/{clean}/?add=1"),
    "why": (f"{LINE}why/", "/review/{clean}/?why={line}"),
    "what if": (f"{REVIEW}what-if/", "/review/{finding}/what-if/?administration=a2"),
    "ask the clinic": (f"{REVIEW}ask/", "/review/{finding}/ask/?administration=a2"),
    "compare": (f"{REVIEW}compare/", "/review/{clean}/compare/"),
    "questions": ("queries/", "/queries/"),
    "question": ("queries/<int:query_id>/", "/queries/{query}/"),
    "trail": ("audit/trail/", "/audit/trail/"),
    "trail of an encounter": ("audit/trail/", "/audit/trail/?encounter={accepted}"),
    "replay": ("audit/replay/<int:run_id>/", "/audit/replay/{run}/"),
    "history": ("history/<int:encounter_id>/", "/history/{accepted}/"),
    "intake": ("intake/", "/intake/"),
    "batch": ("intake/<int:batch_id>/", "/intake/{batch}/"),
    "unmapped": ("drugs/unmapped/", "/drugs/unmapped/"),
    "unmapped name": ("drugs/unmapped/name/", "/drugs/unmapped/name/?name=zofrn&why=unknown"),
    "recoding": ("drugs/unmapped/recodings/<int:recoding_id>/", "/drugs/unmapped/recodings/{recoding}/"),
    "drugs": ("drugs/", "/drugs/"),
    "drug": ("drugs/<int:pk>/", "/drugs/{drug}/"),
    "gaps": ("drugs/gaps/", "/drugs/gaps/"),
    "imports": ("drugs/imports/", "/drugs/imports/"),
    "import": (IMPORT, "/drugs/imports/{import}/"),
    "import conflicts": (f"{IMPORT}conflicts/", "/drugs/imports/{import}/conflicts/"),
    "import encounters": (f"{IMPORT}encounters/", "/drugs/imports/{import}/encounters/"),
    "rules": ("rules/", "/rules/"),
    "conformance": ("rules/conformance/", "/rules/conformance/"),
    "impact": ("impact/", "/impact/"),
    "impact of a change": ("impact/<int:study_id>/", "/impact/{study}/"),
    "overpayments": ("impact/overpayments/", "/impact/overpayments/"),
    "reports": ("reports/", "/reports/?since=2026-01-01&until=2026-01-31"),
    "samples": ("audit/samples/", "/audit/samples/"),
    "new sample": ("audit/samples/new/", "/audit/samples/new/"),
    "sample": ("audit/samples/<int:sample_id>/", "/audit/samples/{sample}/"),
    "sample read blind": ("audit/samples/<int:sample_id>/<int:position>/", "/audit/samples/{sample}/1/"),
    "answers": ("audit/answers/", "/audit/answers/"),
    "automation bias": ("audit/seeding/", "/audit/seeding/"),
    "guide": ("guide/", "/guide/"),
    "help": ("help/", "/help/"),
    "keys": ("keys/", "/keys/"),
    "no such page": ("", "/no-such-page/"),
}
# Who sees a page where it is not whoever may see all: nobody, and whoever has a second factor, before and after it.
BEFORE_SIGN_IN = ("sign-in", "account closed")
BETWEEN_STEPS = ("second step",)
WITH_SECOND_FACTOR = ("confirm by code", "second factor removed", "recovery codes", "new recovery codes")
# Addresses that show no page of ours, by their beginning or whole, with the reason.
ACT, FRAGMENT, FILE = "an act: it leads to a page", "a part of a page, seen there", "a file or data"
NO_PAGES: dict[str, str] = {
    "logout/": ACT,
    "healthz": FILE,
    "session/": FRAGMENT,
    "api/": "data, and a reader of its description that is not ours",
    "admin/": "Django's own pages",
    "review/next/": ACT,
    "review/search/": ACT,
    "review/claims/": FRAGMENT,
    "review/appearance/": ACT,
    **{f"review/routing/{act}/": ACT for act in ("add", "remove", "skill")},
    "review/filters/": ACT,
    "review/filters/remove/": ACT,
    **{
        f"{REVIEW}{act}/": ACT
        for act in ("accept", "pend", "second-review", "return", "wake", "reopen", "skip", "undo", "heartbeat")
    },
    **{f"{REVIEW}{act}/": ACT for act in ("release", "see", "notes", "addenda", "ask/send")},
    f"{REVIEW}addenda/<int:addendum_id>/withdraw/": ACT,
    f"{REVIEW}codes/": FRAGMENT,
    LINE: FRAGMENT,
    f"{LINE}accept/": ACT,
    "queries/<int:query_id>/withdraw/": ACT,
    "audit/trail/export.csv": FILE,
    "audit/trail/sign-off/": ACT,
    "intake/template.<slug:file_format>": FILE,
    "intake/refusals/<int:refusal_id>/settle/": ACT,
    "drugs/unmapped/map/": ACT,
    "drugs/unmapped/add/": ACT,
    f"{IMPORT}progress/": FRAGMENT,
    f"{IMPORT}progress/count/": FRAGMENT,
    **{f"{IMPORT}{act}/": ACT for act in ("decide", "publish", "roll-back", "abandon", "compare")},
    "audit/dossier/<int:encounter_id>/": "a file that opens offline",
    "audit/samples/<int:sample_id>/export.zip": FILE,
    "audit/samples/<int:sample_id>/next/": ACT,
    "audit/rulings/<int:audit_id>/<int:row>/": ACT,
    "keys/change/": ACT,
    "keys/switch/": ACT,
    "keys/reset/": ACT,
    "palette/": FRAGMENT,
    "impact/<int:study_id>/progress/": FRAGMENT,
    "reports/export.csv": FILE,
}
BEGINNINGS = ("api/", "admin/")


def undeclared() -> list[str]:
    """Addresses that are neither a page nor declared to be none."""
    declared = {pattern for pattern, _ in PAGES.values()} | set(NO_PAGES)
    return [path for path in _routes(get_resolver()) if path not in declared and not path.startswith(BEGINNINGS)]


def gone() -> list[str]:
    """Declared addresses that there are no more."""
    there = set(_routes(get_resolver())) | set(BEGINNINGS)
    return [path for path in ({pattern for pattern, _ in PAGES.values()} | set(NO_PAGES)) if path not in there]


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield path


@dataclass(frozen=True)
class Clinic:
    """A clinic in which every page has something to show, whoever may see all of it, and somebody with two factors."""

    user: User
    guarded: User
    places: dict[str, object]

    def address(self, page: str) -> str:
        """Where the page is."""
        return PAGES[page][1].format(**self.places)


def clinic() -> Clinic:
    """Made anew in the test's database."""
    user = UserFactory.create(username="everyone", is_superuser=True, is_staff=True)
    user.groups.set(personas.ana().groups.all())
    clean, read_blind = a_clean_encounter(), a_clean_encounter()
    # Drawn while it is the only one accepted: what is read blind has no other page.
    states.accept(review=read_blind, user=personas.eve(), at=DAY_AFTER, version=read_blind.version)
    sample = drawn(1, auditors=[user])
    accepted = a_clean_encounter()
    finding = an_encounter_with_a_missing_stop()
    asked = an_encounter_with_a_missing_stop()
    pended, held, second = a_clean_encounter(), a_clean_encounter(), an_encounter_with_something_unbilled()
    query = _decide(user, clean, accepted, asked, pended, second)
    claims.claim(review=held, user=personas.eve(), at=DAY_AFTER)
    Review.objects.filter(pk=held.pk).update(lease_until="2099-01-01T00:00:00Z")
    preparation.code(encounter_id=_unmapped(), at=DAY_AFTER, is_forced=True)
    refusal = IntakeRefusalFactory.create(batch__actor=user)
    recoding = Recoding.objects.create(
        trigger="mapping", reason="a name was mapped", requested_at=DAY_AFTER, requested_by_name="Cleo"
    )
    return Clinic(
        user,
        _guarded(),
        {
            "clean": clean.encounter_id,
            "line": "96365-1",
            "finding": finding.encounter_id,
            "pended": pended.encounter_id,
            "accepted": accepted.encounter_id,
            "held": held.encounter_id,
            "second": second.encounter_id,
            "waiting": EncounterFactory.create().pk,
            "failed": EncounterFactory.create(coding_state=CodingState.FAILED, coding_error="no rulebook").pk,
            "query": query.pk,
            "run": accepted.run_id,
            "batch": refusal.batch_id,
            "recoding": recoding.pk,
            "study": _study(user),
            "sample": sample.pk,
            "drug": _drug(),
            "import": _import().pk,
        },
    )


def _study(user: User) -> int:
    """Rules under which a further hour needs more minutes, worked out."""
    study = impact_studies.request(
        asked=impact_studies.Asked(
            "A further hour from 91 minutes", files=further_hour_from(91), identified_on=DAY_AFTER.date()
        ),
        user=user,
        at=DAY_AFTER,
    )
    impact_studies.begin(study_id=study.pk, at=DAY_AFTER)
    impact_studies.work_out(study_id=study.pk, now=lambda: DAY_AFTER)
    return study.pk


def _guarded() -> User:
    """Somebody with a password and a second factor."""
    user = UserFactory.create(username="guarded")
    user.set_password(PASSWORD)
    user.save()
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    return user


def _decide(user: User, clean: Review, accepted: Review, asked: Review, pended: Review, second: Review) -> ClinicQuery:
    ana = personas.ana()
    decisions.accept_line(review=clean, line_key="96365-1", user=user, at=DAY_AFTER, version=clean.version)
    claims.release(review=clean, user=user, at=DAY_AFTER)
    states.accept(review=accepted, user=ana, at=DAY_AFTER, version=accepted.version)
    states.pend(review=pended, reason="clinic", note="", until=None, user=user, at=DAY_AFTER, version=pended.version)
    states.send_to_second_review(review=second, note="please", user=ana, at=DAY_AFTER, version=second.version)
    return queries.ask(
        review=asked,
        user=ana,
        at=DAY_AFTER,
        version=asked.version,
        administration="a2",
        template_id="stop_time",
        asked_of="the infusion nurse",
    )


def _unmapped() -> int:
    """An encounter with a drug that nobody knows."""
    given = DrugAdministrationFactory.create(drug_name="zofrn", kind="")
    return int(given.encounter_id)


def _drug() -> int:
    encounter = Encounter.objects.earliest("pk")
    given = encounter.administrations.filter(drug__isnull=False).earliest("pk")
    assert given.drug_id is not None
    return given.drug_id


def _import() -> FormularyImport:
    rows = (("J0690", "Cefazolin sodium injection", "500 MG", "1.021"), ("J3373", "Inj, vancomycin", "10 MG", "0.061"))
    return compared(price_file("2025Q3", *rows), kind=FileKind.ASP_PRICING)
